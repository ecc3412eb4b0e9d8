/** What the map is coloured by: layer, measure, comparison, classes. */

/** @import { PageStore } from "../page/state.js" */

/** @param {PageStore} store */
export function showColouring(store) {
  void store;
}
