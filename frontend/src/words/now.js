/** Words of incidents one by one, and places. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {};

/** @type {Translated<typeof english>} */
export const russian = {};
