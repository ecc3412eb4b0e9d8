/** Words of the wall screen. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {
  stale: "Out of date: as of {time}, {ago}",
  before: "previous period: {value}",
  same: "no significant change",
  nothing: "No data received yet",
};

/** @type {Translated<typeof english>} */
export const russian = {
  stale: "Данные устарели: на {time}, {ago}",
  before: "за прошлый период: {value}",
  same: "без существенных изменений",
  nothing: "Данные ещё не получены",
};
