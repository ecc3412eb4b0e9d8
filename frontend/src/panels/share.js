/** The view elsewhere: link, frame, tiles, picture. */

/** @import { PageStore } from "../page/state.js" */

/** @param {PageStore} store */
export function showShare(store) {
  void store;
}
