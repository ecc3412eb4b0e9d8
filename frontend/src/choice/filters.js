/** What the choice is narrowed by beside sectors and time. */

/** @import { PageStore } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showFilters(store) {
  store.watch((state) => state.view, () => drawFilters(store));
}

/** Filters that came with the address and have no control of their own here. @param {PageStore} store */
function drawFilters(store) {
  const { view } = store.get();
  const dictionary = words(view.language);
  const text = Object.entries(view.filters).map(([name, value]) => fill("{name}={value}", { name, value }));
  const clear = () => store.set({ view: { ...store.get().view, filters: {} } });
  byId("filters").hidden = text.length === 0;
  byId("filters").replaceChildren(
    `${dictionary.filters}: ${text.join(", ")} `,
    element("button", { type: "button", class: "link", onclick: clear }, dictionary.clearFilters),
  );
}
