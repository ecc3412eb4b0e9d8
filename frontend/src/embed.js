/** Puts the page for frames together from the parts of the map page: one store, and each part watching it. */

/** @import { Frame } from "./embed/frame_view.js" */
/** @import { PageStore, Problem } from "./page/state.js" */
import { formatWindow } from "./words/dates.js";
import { byId, element } from "./page/dom.js";
import { onShow, postToPage } from "./embed/frame_talk.js";
import { FRAME_WORDS, frameLanguage, fullMapAddress, readFrame } from "./embed/frame_view.js";
import { fill, loadWords, withWords, words } from "./words/i18n.js";
import { followAlerts } from "./alerts/questions.js";
import { showAbout } from "./embed/about.js";
import { showAlertList } from "./embed/alert_list.js";
import { showLegend } from "./choice/legend.js";
import { problemText, showNoMap, showNotices } from "./choice/notices.js";
import { showPanel, showTooltip } from "./panels/panel.js";
import { serviceRoot } from "./page/service.js";
import { openShared } from "./page/shared_live.js";
import { createPage, startPage } from "./page/start.js";

/** How often it is looked whether everything chosen is on the screen, ms. */
const LOOK_MS = 500;
const dark = matchMedia("(prefers-color-scheme: dark)");

const read = (/** @type {string} */ query) => readFrame(query, { languages: navigator.languages, dark: dark.matches });
await loadWords(frameLanguage(location.search, navigator.languages));
let frame = read(location.search);

const store = createPage(frame.view);

showWords(store);
showNotices(store, frameWords, true);
reportToPage(store);
postToPage("hello");
if (frame.fault) refuse(frame);
else startPage(store, assembleFrame, openShared);

async function assembleFrame() {
  showLegend(store);
  showPanel(store);
  showPeriod(store);
  showAbout(store, byId("about-text"));
  if (frame.alerts !== "none") followAlerts(store);
  if (frame.alerts === "list") showAlertList(store, byId("alerts"));
  dark.addEventListener("change", () => {
    if (frame.follows) store.set({ view: { ...store.get().view, scheme: dark.matches ? "dark" : "light" } });
  });
  return showMap();
}

onShow((query) => withWords(frameLanguage(query, navigator.languages), () => showQuery(query)));

/** @param {string} query as in the frame's address */
function showQuery(query) {
  const before = frame;
  frame = read(query);
  if (frame.fault) return refuse(frame);
  // A frame that was refused has begun nothing yet.
  if (before.fault && !store.get().summary) return location.replace(`?${new URLSearchParams(query)}`);
  const { layer } = store.get().view;
  const kept = layer === frame.view.layer ? store.get().view.cell : "";
  return store.set({ view: { ...frame.view, cell: kept }, problem: null, ...(layer === frame.view.layer ? {} : { selected: null }) });
}

/** @returns {Promise<{ refreshTiles: () => void, shown?: Promise<unknown> }>} */
async function showMap() {
  // Numbers are shown while MapLibre is still on its way.
  const { createMap } = await import("./map/map.js");
  const areaMap = await createMap(byId("map"), store, { place: frame.place, alerts: frame.alerts !== "none" });
  if (!areaMap) {
    showNoMap(store);
    return { refreshTiles: () => {} };
  }
  showTooltip(areaMap, store);
  const link = () => {
    const { lng, lat } = areaMap.map.getCenter();
    byId("full-map").setAttribute(
      "href",
      `${serviceRoot()}${fullMapAddress(store.get().view, { zoom: areaMap.map.getZoom(), center: [lng, lat] }, frame.follows)}`,
    );
  };
  areaMap.map.on("moveend", link);
  store.watch((state) => state.view, link);
  const checkReady = () => reportReady(store, isDrawn(areaMap.map, store.get().view.layer));
  areaMap.map.on("idle", checkReady);
  // The numbers may come when the map has long been at rest; and a busy browser may draw nothing for long, so that there is no idle.
  setInterval(checkReady, LOOK_MS);
  // For tests, and for the curious in the browser's console.
  Object.assign(window, { geoMap: areaMap.map });
  return { refreshTiles: areaMap.refresh, shown: areaMap.map.once("idle") };
}

/** Whether all of the layer is on the map; before it is added, the empty map has nothing left to load. @param {import("maplibre-gl").Map} map @param {string} layer */
function isDrawn(map, layer) {
  return Boolean(map.getSource(layer)) && map.loaded() && map.areTilesLoaded();
}

/** The frame's fixed texts, and which of its parts are seen. @param {PageStore} page */
function showWords(page) {
  page.watch(
    (state) => state.view,
    ({ language, scheme }) => {
      const dictionary = words(language);
      document.documentElement.lang = language;
      document.documentElement.dataset["scheme"] = scheme;
      document.documentElement.dataset["legend"] = frame.legend ? "show" : "hide";
      const [summary] = byId("legend-fold").getElementsByTagName("summary");
      if (summary) summary.textContent = dictionary.legend;
      byId("full-map").setAttribute("aria-label", dictionary.fullMap);
      byId("full-map").setAttribute("title", dictionary.fullMap);
      byId("full-map-text").textContent = dictionary.fullMap;
    },
  );
}

/** @param {PageStore} page */
function showPeriod(page) {
  page.watch(
    ({ summary, view: { language } }) => (summary ? formatWindow(language, summary) : ""),
    (text) => (byId("period").textContent = text),
  );
}

/** @param {Frame} wrong */
function refuse({ fault, view }) {
  store.set({ view: { ...store.get().view, language: view.language }, problem: fault, busy: false });
}

/** The service's list of parameters lacks those that it never sees. @param {PageStore} page @param {Problem} problem */
function frameWords(page, { allowed }) {
  if (!Array.isArray(allowed) || !allowed.includes("window")) return [];
  return [element("p", {}, fill(words(page.get().view.language).frameAllows, { names: FRAME_WORDS.join(", ") }))];
}

/** @param {PageStore} page */
function reportToPage(page) {
  page.watch(
    (state) => state.problem,
    (problem) => {
      if (problem)
        postToPage("error", {
          kind: problem.kind,
          code: problem.code,
          parameter: problem.parameter,
          message: problemText(problem, page.get().view.language, true),
        });
    },
  );
  let reportedCell = "";
  page.watch(
    (state) => state.view.cell + (state.selected ? "+" : ""),
    (_, { view, selected }) => {
      if (view.cell === reportedCell || (view.cell && !selected)) return;
      reportedCell = view.cell;
      const key = view.layer === "hexes" ? "h3" : "code";
      postToPage(
        "select",
        selected
          ? {
              layer: view.layer,
              [key]: view.cell,
              name: selected.name,
              n: selected.n,
              open: selected.open,
              overdue: selected.overdue,
              value: selected.value,
            }
          : { layer: view.layer },
      );
    },
  );
}

let ready = "";

/** Once for each choice, when it is on the screen. @param {PageStore} page @param {boolean} complete */
function reportReady(page, complete) {
  const { view, summary, legend, busy } = page.get();
  const shown = JSON.stringify({ ...view, cell: "" });
  if (!complete || busy || !summary || !legend || shown === ready) return;
  ready = shown;
  postToPage("ready", {
    title: document.title,
    layer: view.layer,
    measure: legend.measure,
    n: summary.n,
    open: summary.open,
    overdue: summary.overdue,
    window: summary.window,
  });
}
