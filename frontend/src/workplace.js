/** The page that people work with: choices, map, time and panels, each watching the store. */

/** @import { PageStore, State } from "./page/state.js" */
import { followAlerts } from "./alerts/questions.js";
import { showBar } from "./choice/bar.js";
import { showFilters } from "./choice/filters.js";
import { showColouring } from "./choice/colouring.js";
import { showLegend } from "./choice/legend.js";
import { showNoMap, showNotices } from "./choice/notices.js";
import { showRegionChoice } from "./choice/region.js";
import { showSectors } from "./choice/sectors.js";
import { showStaleness } from "./choice/staleness.js";
import { showWindow } from "./choice/window.js";
import { byId } from "./page/dom.js";
import { actWhenIdle } from "./page/idle.js";
import { offerFullScreen } from "./page/full_screen.js";
import { offerScheme } from "./page/scheme.js";
import { placeText } from "./page/url.js";
import { showOverview } from "./panels/overview.js";
import { showTooltip } from "./panels/panel.js";
import { showSearch } from "./search/search_box.js";
import { isShown, keyOf } from "./view/steps.js";
import { showTabs } from "./panels/tabs.js";
import { showTitle } from "./page/title.js";
import { learnRegions } from "./view/regions.js";
import { showLanguage } from "./page/language.js";

/** @type {readonly ((store: PageStore) => void)[]} */
const PARTS = [
  followAlerts,
  showLanguage,
  offerScheme,
  showBar,
  showSearch,
  showTitle,
  showWindow,
  showColouring,
  showSectors,
  showFilters,
  showPressableLegend,
  showTabs,
  showOverview,
  showNotices,
  showStaleness,
  showRegionChoice,
  () => offerFullScreen(null),
  (store) => void learnRegions(store),
];

/** @param {PageStore} store */
function showPressableLegend(store) {
  showLegend(store, true);
}

/** One file, fetched when the first of its parts is looked at, so that the map need not wait for it. */
const later = () => import("./later.js");

/** @type {readonly { wanted: (state: State) => boolean, load: () => Promise<(store: PageStore, chosen?: boolean) => void> }[]} */
const LATER = [
  // Time stands below every map; nobody waits for it.
  { wanted: () => false, load: async () => (await later()).showDock },
  { wanted: ({ view }) => keyOf(view) !== "", load: async () => (await later()).showPlace },
  { wanted: ({ view }) => Boolean(view.filters["district"]), load: async () => (await later()).followDistrictFilter },
  { wanted: (state) => isShown(state, "now"), load: async () => (await later()).showNow },
  { wanted: (state) => isShown(state, "analysis"), load: async () => (await later()).showAnalysis },
  { wanted: (state) => isShown(state, "share"), load: async () => (await later()).showShare },
];

/** @param {PageStore} store @returns {Promise<{ refreshTiles: () => void, shown?: Promise<unknown> }>} */
export async function assembleWorkplace(store) {
  document.documentElement.dataset["page"] = "workplace";
  // First, for it takes longest.
  const making = import("./workplace_map.js").then(async (made) => ({ ...made, areaMap: await made.createMap(byId("map"), store) }));
  for (const showPart of PARTS) showPart(store);
  const parts = LATER.map((part) => loadOnce(store, part));
  const { areaMap, readyForPaper, showSpot } = await making;
  if (!areaMap) {
    showNoMap(store);
    void actWhenIdle(parts);
    return { refreshTiles: () => {} };
  }
  showTooltip(areaMap, store);
  showSpot(areaMap.map, store);
  const tellPlace = () => store.set({ place: placeText(areaMap.map.getZoom(), areaMap.map.getCenter()) });
  areaMap.map.on("moveend", tellPlace);
  tellPlace();
  store.set({ picture: async () => (await later()).downloadPicture(areaMap.map, store) });
  readyForPaper(areaMap.map, store);
  // Once the map is there the rest may come: whoever then opens a panel need not wait for it.
  const shown = areaMap.map.once("idle");
  // The map may have come to rest just before, and says so again only when it has drawn once more.
  areaMap.map.triggerRepaint();
  const select = async () => (await later()).showSelecting(areaMap.map, store);
  void shown.then(() => actWhenIdle([...parts, select]));
  void shown.then(() => byId("map").toggleAttribute("data-drawn", true));
  // For tests, and for the curious in the browser's console.
  Object.assign(window, { geoMap: areaMap.map });
  return { refreshTiles: areaMap.refresh, shown };
}

/**
 * @param {PageStore} store @param {typeof LATER[number]} part
 * @returns {() => Promise<void>} brings it, if it is not there yet
 */
function loadOnce(store, { wanted, load }) {
  let loaded = false;
  const atStart = wanted(store.get());
  const loadPart = async () => {
    if (loaded) return;
    loaded = true;
    // Whoever comes while the service is away brings it at the next look.
    const showPart = await load().catch(() => null);
    if (showPart) showPart(store, !atStart && wanted(store.get()));
    else loaded = false;
  };
  store.watch(wanted, (is) => {
    if (is) void loadPart();
  });
  return loadPart;
}
