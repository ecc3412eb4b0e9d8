/** Whose data are drawn. */

/** @import { State } from "../page/state.js" */
import { fetchTileJson } from "../page/api.js";

const CYRILLIC = /[а-яё]/i;
/** Names and licences, such as "GeoNames, CC BY 4.0", have no such word. */
const ENGLISH_WORD = /(^|\s)[a-z]{3,}/;

/**
 * An attribution in the reader's language: a text in Russian with the same in English behind it is one of the two.
 * @param {string} text parts divided by " · " or " / " @param {import("../page/state.js").Language} language
 */
export function attributionIn(text, language) {
  const parts = text.split(/ [·/] /);
  const isPair = (/** @type {number} */ at) =>
    CYRILLIC.test(parts[at] ?? "") && !CYRILLIC.test(parts[at + 1] ?? "а") && ENGLISH_WORD.test(parts[at + 1] ?? "");
  return parts.filter((_, at) => (language === "ru" ? !isPair(at - 1) : !isPair(at))).join(" · ");
}

/** @param {Pick<State, "view" | "summary">} state @returns {Promise<string[]>} */
export async function attributions({ view: { layer }, summary }) {
  const ofData = summary?.attribution ?? "";
  if (layer === "hexes") return ["Natural Earth", "H3", ofData].filter(Boolean);
  // Boundaries are somebody's as well.
  const { attribution } = await fetchTileJson(layer).catch(() => ({ attribution: ofData }));
  return ["Natural Earth", attribution].filter(Boolean);
}
