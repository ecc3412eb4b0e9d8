/** The page that people work with: choices, map, time and panels, each watching the store. */

/** @import { PageStore, State } from "./page/state.js" */
import { showFilters } from "./choice/filters.js";
import { showColouring } from "./choice/colouring.js";
import { showLegend } from "./choice/legend.js";
import { showNoMap, showNotices } from "./choice/notices.js";
import { showSectors } from "./choice/sectors.js";
import { showStaleness } from "./choice/staleness.js";
import { showTotals } from "./choice/totals.js";
import { showWindow } from "./choice/window.js";
import { showDock } from "./dock/dock.js";
import { canDraw, createMap } from "./map/map.js";
import { showSpot } from "./map/spot.js";
import { readyForPaper } from "./map/paper.js";
import { byId } from "./page/dom.js";
import { offerScheme } from "./page/scheme.js";
import { placeText } from "./page/url.js";
import { showOverview } from "./panels/overview.js";
import { showTooltip } from "./panels/panel.js";
import { isShown, showTabs } from "./panels/tabs.js";
import { showLanguage } from "./words/language.js";

const PARTS = [
  showLanguage, offerScheme, showTotals, showWindow, showColouring, showSectors, showFilters, showPressableLegend, showTabs,
  showOverview, showDock, showNotices, showStaleness,
];

/** @param {PageStore} store */
function showPressableLegend(store) {
  showLegend(store, true);
}

/**
 * What is fetched when it is first looked at, so that the map need not wait for it.
 * @type {readonly { wanted: (state: State) => boolean, bring: () => Promise<(store: PageStore) => void> }[]}
 */
const LATER = [
  { wanted: ({ view }) => Boolean(view.cell || view.incident), bring: async () => (await import("./panels/place.js")).showPlace },
  { wanted: (state) => isShown(state, "now"), bring: async () => (await import("./panels/now.js")).showNow },
  { wanted: (state) => isShown(state, "analysis"), bring: async () => (await import("./panels/analysis.js")).showAnalysis },
  { wanted: (state) => isShown(state, "share"), bring: async () => (await import("./panels/share.js")).showShare },
];

/** @param {PageStore} store @returns {Promise<{ refreshTiles: () => void }>} */
export async function begin(store) {
  document.documentElement.dataset["page"] = "workplace";
  for (const show of PARTS) show(store);
  for (const part of LATER) bringOnce(store, part);
  if (!canDraw()) {
    showNoMap(store);
    return { refreshTiles: () => {} };
  }
  const areaMap = await createMap(byId("map"), store);
  showTooltip(areaMap, store);
  showSpot(areaMap.map, store);
  const tellPlace = () => store.set({ place: placeText(areaMap.map.getZoom(), areaMap.map.getCenter()) });
  areaMap.map.on("moveend", tellPlace);
  tellPlace();
  store.set({ picture: async () => (await import("./map/picture.js")).downloadPicture(areaMap.map, store) });
  readyForPaper(areaMap.map, store);
  // For tests, and for the curious in the browser's console.
  Object.assign(window, { geoMap: areaMap.map });
  return { refreshTiles: areaMap.refresh };
}

/** @param {PageStore} store @param {typeof LATER[number]} part */
function bringOnce(store, { wanted, bring }) {
  let brought = false;
  store.watch(wanted, async (now) => {
    if (!now || brought) return;
    brought = true;
    // Whoever comes while the service is away brings it at the next look.
    const show = await bring().catch(() => null);
    if (show) show(store);
    else brought = false;
  });
}
