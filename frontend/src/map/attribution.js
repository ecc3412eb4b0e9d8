/** Whose data are drawn. */

/** @import { State } from "../page/state.js" */
import { fetchTileJson } from "../page/api.js";

/** @param {Pick<State, "view" | "summary">} state @returns {Promise<string[]>} */
export async function attributions({ view: { layer }, summary }) {
  const ofData = summary?.attribution ?? "";
  if (layer !== "districts") return ["Natural Earth", "H3", ofData].filter(Boolean);
  // Boundaries are somebody's as well.
  const { attribution } = await fetchTileJson(layer).catch(() => ({ attribution: ofData }));
  return ["Natural Earth", attribution].filter(Boolean);
}
