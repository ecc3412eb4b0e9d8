/** Words of the wall screen. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  stale: "Out of date: as of {time}, {ago}",
  before: "previous period: {value}",
  same: "no significant change",
  reason: "{overdue} of {count}; {usual} would be average",
  theme: "mostly {theme} ({n})",
  most: "Most incidents",
  arrivals: "{n} incidents, previous period {before}",
  nothing: "No data received yet",
};

/** @type {Translated<typeof english>} */
export const russian = {
  stale: "Данные устарели: на {time}, {ago}",
  before: "за прошлый период: {value}",
  same: "без существенных изменений",
  reason: "{overdue} из {count}, при средней доле было бы {usual}",
  theme: "чаще всего — {theme} ({n})",
  most: "Больше всего сообщений",
  arrivals: "{n} сообщ., за прошлый период {before}",
  nothing: "Данные ещё не получены",
};
