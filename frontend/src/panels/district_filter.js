/** Whoever narrows the choice to one district is shown it: the map goes there. */

/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore } from "../page/state.js" */
import { follow } from "../page/answers.js";
import { keyOf } from "../view/steps.js";
import { boundsOf } from "./place_answers.js";

/** Nearer than this a small district would have nothing around it to be known by. */
const MOST_ZOOM = 12;

/** @param {PageStore} store @param {boolean} chosen whether the reader has just chosen the present district */
export function followDistrictFilter(store, chosen = false) {
  // An address brings its own place with it: at the start, and going back and forward.
  let isAddressed = !chosen;
  let wanted = "";
  addEventListener(
    "hashchange",
    () => {
      isAddressed = true;
      setTimeout(() => (isAddressed = false));
    },
    { capture: true },
  );
  store.watch(
    ({ view }) => view.filters["district"] ?? "",
    (code, { view }) => {
      wanted = isAddressed || code.includes(",") || keyOf(view) ? "" : code;
      isAddressed = false;
    },
  );
  follow(
    store,
    () => (wanted ? `/ogc/collections/districts/items/${encodeURIComponent(wanted)}` : null),
    (/** @type {AnswerState<Parameters<typeof boundsOf>[0]>} */ { answer, stale, problem }) => {
      if (!wanted || ((!answer || stale) && !problem)) return;
      const key = `district filter ${wanted}`;
      wanted = "";
      if (answer && !stale)
        store.set({ spot: { key, bounds: boundsOf(answer), point: null, zoom: MOST_ZOOM, seen: [0, MOST_ZOOM], mark: "" } });
    },
  );
}
