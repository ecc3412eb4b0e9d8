/** For analysts: cross-table, agencies, comparison. */

/** @import { PageStore } from "../page/state.js" */

/** @param {PageStore} store */
export function showAnalysis(store) {
  void store;
}
