/** Words of rankings, tables and trends. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {};

/** @type {Translated<typeof english>} */
export const russian = {};
