/** The region at a glance: totals against the time before, districts in order. */

/** @import { PageStore } from "../page/state.js" */

/** @param {PageStore} store */
export function showOverview(store) {
  void store;
}
