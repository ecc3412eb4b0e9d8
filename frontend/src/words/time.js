/** Words of the time window, its timeline and playback. */

/** @template English @typedef {import("./i18n.js").Translated<English>} Translated */

export const english = {};

/** @type {Translated<typeof english>} */
export const russian = {};
