/** Time below the map: the timeline of the choice, and its playback. */

/** @import { PageStore } from "../page/state.js" */

/** @param {PageStore} store */
export function showDock(store) {
  void store;
}
