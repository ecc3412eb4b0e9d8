/** What the whole map is of. */

/** @import { Named } from "./state.js" */
import { fetchJson } from "./api.js";

/** The name of the chosen district, else those of all regions. @param {string} district its code, or "" @returns {Promise<Named[]>} */
export async function fetchRegionNames(district) {
  if (district && !district.includes(","))
    return [(await fetchJson(`/api/districts/${encodeURIComponent(district)}?window=7d`)).district.name];
  const { districts } = await fetchJson("/api/districts?level=region&window=7d");
  return districts.map((/** @type {{ name: Named }} */ { name }) => name);
}

/** The name of the chosen district, else of the only region; null where there are several or none. @param {string} district @returns {Promise<Named | null>} */
export async function fetchRegionName(district) {
  const names = await fetchRegionNames(district);
  return names.length === 1 ? (names[0] ?? null) : null;
}
