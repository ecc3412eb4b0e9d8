/** The page that people work with: choices, map, time and panels, each watching the store. */

/** @import { PageStore } from "./page/state.js" */
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
import { showAnalysis } from "./panels/analysis.js";
import { showNow } from "./panels/now.js";
import { showOverview } from "./panels/overview.js";
import { showTooltip } from "./panels/panel.js";
import { showPlace } from "./panels/place.js";
import { showShare } from "./panels/share.js";
import { showTabs } from "./panels/tabs.js";
import { showLanguage } from "./words/language.js";

const PARTS = [
  showLanguage, offerScheme, showTotals, showWindow, showColouring, showSectors, showFilters, showLegend, showTabs, showPlace,
  showOverview, showNow, showAnalysis, showShare, showDock, showNotices, showStaleness,
];

/** @param {PageStore} store @returns {Promise<{ refreshTiles: () => void }>} */
export async function begin(store) {
  document.documentElement.dataset["page"] = "workplace";
  for (const show of PARTS) show(store);
  if (!canDraw()) {
    showNoMap(store);
    return { refreshTiles: () => {} };
  }
  const areaMap = await createMap(byId("map"), store);
  showTooltip(areaMap, store);
  showSpot(areaMap.map, store);
  readyForPaper(areaMap.map, store);
  // For tests, and for the curious in the browser's console.
  Object.assign(window, { geoMap: areaMap.map });
  return { refreshTiles: areaMap.refresh };
}
