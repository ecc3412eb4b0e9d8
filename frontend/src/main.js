/** Puts the page together: one store, and each part watching it. */

/** @import { State } from "./page/state.js" */
import { isCell } from "./map/hexagon.js";
import { showLanguage } from "./words/language.js";
import { showLegend } from "./choice/legend.js";
import { listen } from "./page/live.js";
import { canDraw, createMap } from "./map/map.js";
import { showNoMap, showNotices } from "./choice/notices.js";
import { byId } from "./page/dom.js";
import { showPanel, showTooltip } from "./panels/panel.js";
import { keepFresh } from "./page/refresh.js";
import { showSectors } from "./choice/sectors.js";
import { createStore } from "./page/store.js";
import { showTotals } from "./choice/totals.js";
import { readView, writeView } from "./page/url.js";
import { showWindow } from "./choice/window.js";

const FIRST_ZOOM = 6;

const store = createStore(
  /** @type {State} */ ({
    view: addressed(),
    zoom: FIRST_ZOOM,
    summary: null,
    legend: null,
    problem: null,
    busy: true,
    live: { state: "connecting", at: null },
    selected: null,
  }),
);

function addressed() {
  const view = readView(location.hash, navigator.languages);
  return { ...view, cell: isCell(view.cell) ? view.cell : "" };
}

store.watch((state) => state.view, (view) => history.replaceState(history.state, "", writeView(view, location.hash)));
addEventListener("hashchange", () => store.set({ view: addressed() }));

for (const show of [showLanguage, showTotals, showWindow, showSectors, showLegend, showPanel, showNotices]) show(store);

const refreshNumbers = keepFresh(store);
let refreshTiles = () => {};
if (canDraw()) {
  const areaMap = createMap(byId("map"), store);
  showTooltip(areaMap, store);
  refreshTiles = areaMap.refresh;
  // For tests, and for the curious in the browser's console.
  Object.assign(window, { geoMap: areaMap.map });
} else {
  showNoMap(store);
}
listen(store, () => {
  refreshNumbers();
  // Tiles of a choice that the service has refused would be refused as well.
  if (store.get().problem?.kind !== "refused") refreshTiles();
});
