/** Words of the wall screen. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  stale: "Out of date: numbers of {time}, {ago}",
  before: "before: {value}",
  same: "much the same",
  nothing: "No numbers from the service yet",
};

/** @type {Translated<typeof english>} */
export const russian = {
  stale: "Устарело: числа на {time}, {ago}",
  before: "было: {value}",
  same: "как раньше",
  nothing: "Числа от сервиса ещё не пришли",
};
