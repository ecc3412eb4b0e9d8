/** The address follows the view, and the view the address: back and forward go through the reader's choices. */

/** @import { PageStore, View } from "./state.js" */
import { isCell } from "./hexagon.js";
import { queryIntoHash, readView, writeView } from "./url.js";
import { withWords } from "../words/i18n.js";

const dark = matchMedia("(prefers-color-scheme: dark)");

// Before anything reads the address: readers and programs write the view in either part.
if (location.search) history.replaceState(history.state, "", location.pathname + queryIntoHash(location.search, location.hash));

/** The view that the address asks for. @returns {View} */
export function addressedView() {
  const view = readView(location.hash, navigator.languages, dark.matches);
  return { ...view, cell: view.layer !== "hexes" || isCell(view.cell) ? view.cell : "" };
}

/** @param {PageStore} store */
export function keepAddress(store) {
  store.watch(
    (state) => state.view,
    (view) => {
      const address = writeView(view, location.hash);
      // What came from the address is there already; at the start it is only put in order.
      if (address === location.hash) return;
      if (sameView(view, addressedView())) history.replaceState(history.state, "", address);
      else history.pushState(history.state, "", address);
    },
  );
  addEventListener("hashchange", () => {
    const view = addressedView();
    withWords(view.language, () => store.set({ view }));
  });
  dark.addEventListener("change", () => {
    const { view } = store.get();
    if (!view.look) store.set({ view: { ...view, scheme: dark.matches ? "dark" : "light" } });
  });
}

/** @param {View} one @param {View} other */
function sameView(one, other) {
  return writeView(one, "") === writeView(other, "");
}
