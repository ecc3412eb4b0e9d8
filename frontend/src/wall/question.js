/** All numbers of the wall belong to one choice: they are asked for, and shown, together. */

/** @import { AlertsAnswer, ChangesAnswer } from "../alerts/alert_types.js" */
/** @import { Districts } from "../page/answer_types.js" */
/** @import { State } from "../page/state.js" */
import { alertsAddress, changesAddress } from "../alerts/questions.js";
import { fetchJson, summaryAddress } from "../page/api.js";
import { districtsAddress, fetchBoth } from "../parts/totals.js";

/**
 * @typedef {object} WallAnswer
 * @property {string[]} sectors what the numbers are of; none means all
 * @property {import("../parts/totals.js").Both} both
 * @property {Districts} districts
 * @property {AlertsAnswer | null} alerts null where they could not be had
 * @property {ChangesAnswer | null} changes null where they could not be had, or there is nothing to compare with
 */

/** All addresses as one text, so that `follow` asks again when one of them is another. @param {State} state */
export function wallAddress(state) {
  return [summaryAddress(state.view), districtsAddress(state), alertsAddress(state), changesAddress(state) ?? ""].join(" ");
}

/** @param {string} addresses @param {AbortSignal} signal @returns {Promise<WallAnswer>} */
export async function askForWall(addresses, signal) {
  const [summary = "", ranking = "", open = "", changed = ""] = addresses.split(" ");
  // The numbers are shown without the rest rather than not at all.
  const rest = (/** @type {string} */ address) => (address ? fetchJson(address, signal).catch(() => null) : null);
  const [both, districts, alerts, changes] = await Promise.all([
    fetchBoth(summary, signal),
    fetchJson(ranking, signal),
    rest(open),
    rest(changed),
  ]);
  const sector = new URLSearchParams(summary.split("?")[1]).get("sector");
  return { sectors: sector ? sector.split(",") : [], both, districts, alerts, changes };
}
