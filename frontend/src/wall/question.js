/** All numbers of the wall belong to one choice: they are asked for, and shown, together. */

/** @import { Districts } from "../page/answer_types.js" */
/** @import { State } from "../page/state.js" */
import { fetchJson } from "../page/api.js";
import { districtsAddress, fetchBoth, summaryAddress } from "../panels/overview.js";

/** @typedef {{ sectors: string[], both: import("../panels/overview.js").Both, districts: Districts }} WallAnswer sectors: what the numbers are of; none means all */

/** Two addresses as one text, so that `follow` asks again when either is another one. @param {State} state */
export function wallAddress(state) {
  return `${summaryAddress(state)} ${districtsAddress(state)}`;
}

/** @param {string} addresses @param {AbortSignal} signal @returns {Promise<WallAnswer>} */
export async function askForWall(addresses, signal) {
  const [summary = "", ranking = ""] = addresses.split(" ");
  const [both, districts] = await Promise.all([fetchBoth(summary, signal), fetchJson(ranking, signal)]);
  const sector = new URLSearchParams(summary.split("?")[1]).get("sector");
  return { sectors: sector ? sector.split(",") : [], both, districts };
}
