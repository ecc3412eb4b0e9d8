/** The totals of the selection beside those of the window before it, and where they are asked for. */

/** @import { ComparedSummary } from "../page/answer_types.js" */
/** @import { State } from "../page/state.js" */
import { fetchJson } from "../page/api.js";
import { comparison, countedQuery } from "../page/url.js";
import { rankedLevel } from "../view/regions.js";

/** @typedef {ComparedSummary & import("../page/state.js").Summary} Totals */
/** @typedef {{ now: Totals, before: Totals | null }} Both before: null where nothing was before, as with all data */

/** @param {State} state */
export function districtsAddress({ view, regions }) {
  return `/api/districts?${countedQuery(view, { compare: comparison(view), level: rankedLevel({ view, regions }) })}`;
}

/**
 * The selection now, and the same in the compared window.
 * @param {string} address @param {AbortSignal} signal @returns {Promise<Both>}
 */
export async function fetchBoth(address, signal) {
  const now = await fetchJson(address, signal);
  if (!now.compare) return { now, before: null };
  const [path, query] = address.split("?");
  const given = new URLSearchParams(query);
  for (const name of ["window", "compare"]) given.delete(name);
  for (const name of ["from", "to"]) given.set(name, now.compare[name]);
  return { now, before: await fetchJson(`${path}?${given}`, signal) };
}
