/**
 * What a frame and the page around it say to each other, by postMessage; `heat-map.js` is the other side.
 *
 * To the page: heat-map:hello (once), heat-map:ready, heat-map:select, heat-map:error, each with a `detail`.
 * From the page: heat-map:show with a `query` as in the frame's address.
 */

/** @param {string} what hello, ready, select or error @param {object} [detail] */
export function postToPage(what, detail = {}) {
  // Whoever may show the frame (frame-ancestors) may know what it shows, and only that is told.
  if (parent !== window) parent.postMessage({ type: `heat-map:${what}`, detail }, "*");
}

/** @param {(query: string) => void} act */
export function onShow(act) {
  addEventListener("message", ({ source, data }) => {
    // Only the page around; it can ask for nothing that it could not put into the frame's address.
    if (source === parent && data?.type === "heat-map:show" && typeof data.query === "string") act(data.query);
  });
}
