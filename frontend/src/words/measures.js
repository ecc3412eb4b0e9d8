/** Words of what is coloured, compared and divided into classes. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {};

/** @type {Translated<typeof english>} */
export const russian = {};
