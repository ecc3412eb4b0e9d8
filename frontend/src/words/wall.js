/** Words of the wall screen. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
<<<<<<< HEAD
  stale: "Out of date: numbers of {time}, {ago}",
  before: "previous period: {value}",
  same: "no significant change",
  reason: "{overdue} of {count}; {usual} would be average",
  theme: "mostly {theme} ({n})",
  most: "Most incidents",
  arrivals: "{n} incidents, previous period {before}",
  nothing: "No numbers from the service yet",
=======
  stale: "Out of date: as of {time}, {ago}",
  before: "previous period: {value}",
  same: "no significant change",
  nothing: "No data received yet",
>>>>>>> main
};

/** @type {Translated<typeof english>} */
export const russian = {
<<<<<<< HEAD
  stale: "Устарело: числа на {time}, {ago}",
  before: "за прошлый период: {value}",
  same: "без существенных изменений",
  reason: "{overdue} из {count}, при средней доле было бы {usual}",
  theme: "чаще всего — {theme} ({n})",
  most: "Больше всего сообщений",
  arrivals: "{n} сообщ., за прошлый период {before}",
  nothing: "Числа от сервиса ещё не пришли",
=======
  stale: "Данные устарели: на {time}, {ago}",
  before: "за прошлый период: {value}",
  same: "без существенных изменений",
  nothing: "Данные ещё не получены",
>>>>>>> main
};
