/** The choice of a region, where several are loaded: numbers, lists and map of one, or of all. */

/** @import { PageStore } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showRegionChoice(store) {
  const select = element("select", { id: "region" });
  const row = element("label", { class: "row", for: "region", hidden: true }, element("span", {}), select);
  select.addEventListener("change", () => choose(store, select.value));
  byId("filters").before(row);
  const redraw = () => {
    const { regions, view } = store.get();
    const { title, allRegions } = words(view.language).regions;
    row.hidden = regions.length < 2;
    if (row.firstElementChild) row.firstElementChild.textContent = title;
    const names = [...regions].sort((one, other) => one.name[view.language].localeCompare(other.name[view.language], view.language));
    select.replaceChildren(
      element("option", { value: "" }, allRegions),
      ...names.map(({ code, name }) => element("option", { value: code }, name[view.language])),
    );
    select.value = regions.some(({ code }) => code === view.filters["district"]) ? (view.filters["district"] ?? "") : "";
  };
  store.watch((state) => state.regions, redraw);
  store.watch((state) => state.view, redraw);
}

/** The region's panel opens as well, and the map goes there. @param {PageStore} store @param {string} code "" for all */
function choose(store, code) {
  const { view } = store.get();
  const { district: _, ...filters } = view.filters;
  store.set({ view: { ...view, filters: code ? { ...filters, district: code } : filters, cell: code, incident: "", alert: "" } });
}
