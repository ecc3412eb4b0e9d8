/** Whose data are drawn. */

/** @import { Language, State } from "../page/state.js" */
import { fetchTileJson } from "../page/api.js";

/** What stands between two parts of an attribution, and between the same in Russian and in English. */
const [BETWEEN, OTHERWISE] = [" · ", " / "];

/** In the reader's language, each part once. @param {Pick<State, "view" | "summary">} state @returns {Promise<string[]>} */
export async function attributions({ view: { layer, language }, summary }) {
  const ofData = summary?.attribution ?? "";
  if (layer !== "districts") return partsIn(language, ["Natural Earth", "H3", ofData]);
  // Boundaries are somebody's as well.
  const { attribution } = await fetchTileJson(layer).catch(() => ({ attribution: ofData }));
  return partsIn(language, ["Natural Earth", attribution]);
}

/**
 * The parts, each once; of what is written in both languages, as "по-русски / in English", the one in the reader's.
 * @param {Language} language @param {readonly string[]} texts
 */
export function partsIn(language, texts) {
  const parts = texts
    .flatMap((text) => text.split(BETWEEN))
    .map((part) => {
      const [first = "", second = "", ...more] = part.split(OTHERWISE);
      if (more.length || !second || isRussian(first) === isRussian(second)) return part;
      return isRussian(first) === (language === "ru") ? first : second;
    });
  return [...new Set(parts)].filter(Boolean);
}

/** @param {string} text */
function isRussian(text) {
  return /[а-яё]/i.test(text);
}
