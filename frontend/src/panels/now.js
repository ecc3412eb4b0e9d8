/** For those on duty: what is new and what is overdue. */

/** @import { PageStore } from "../page/state.js" */

/** @param {PageStore} store */
export function showNow(store) {
  void store;
}
