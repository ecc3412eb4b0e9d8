/** Several regions on one page: which there are, and whether regions or districts are ranked. */

/** @import { PageStore, State } from "../page/state.js" */
import { fetchJson } from "../page/api.js";

const AGAIN_MS = 15_000;

/** Learn which regions are loaded, until that is known. @param {PageStore} store */
export async function learnRegions(store) {
  try {
    const { districts } = await fetchJson("/api/districts?level=region&window=24h");
    const regions = districts.map((/** @type {import("../page/state.js").Region} */ { code, name }) => ({ code, name }));
    store.set({ regions });
  } catch {
    setTimeout(() => void learnRegions(store), AGAIN_MS);
  }
}

/** Regions of the whole, and districts of one region or of the only one. @param {Pick<State, "view" | "regions">} state @returns {"region" | "district"} */
export function rankedLevel({ view: { filters }, regions }) {
  return regions.length > 1 && !filters["district"] ? "region" : "district";
}
