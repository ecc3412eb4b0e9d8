/** The map: hexagons or districts over the base. */

/** @import { ErrorEvent } from "maplibre-gl" */
/** @import { Layer, PageStore } from "../page/state.js" */
import { GPUInitializationError, Map as MapLibreMap, prewarm } from "maplibre-gl";
import { fetchTileJson } from "../page/api.js";
import { MAX_TILE_ZOOM, showAreas, showTiles } from "./areas.js";
import { baseStyle, fillBase, isShown, LABELS, nameBase, paintBase } from "./basemap.js";
import { addControls } from "./controls.js";
import { fetchForeign, foreignAddress, onForeignGround } from "./foreign_ground.js";
import { keepFitted } from "./fitting.js";
import { leaveUnnamed, showGround } from "./ground.js";
import { showPoints } from "./points.js";
import { showStreets } from "./streets.js";
import { unwrapped } from "./longitudes.js";
import { showAlertMarks } from "./alert_marks.js";
import { words } from "../words/i18n.js";
import { watchPointer, watchSelected } from "./pointing.js";

const AGAIN_MS = 3000;
/** A lost canvas comes back by itself within this, or not at all, ms. */
const LOST_MS = 5000;
/** A page that loses its canvas so soon would lose it again, ms. */
const YOUNG_MS = 30_000;
/** Where the data are is known soon, or the map begins with the world, ms. */
const PATIENCE_MS = 1500;
/** @type {Place} */
const START = { center: [60, 55], zoom: 2 };
/** Room left around the data at the start: px, and at most this part of the map. */
const MARGIN = 40;
const MARGIN_SHARE = 0.06;
/** On a map that is less wide, px, hexagons are those of the next zoom: a whole region would be a dozen of them. */
const NARROW = 760;

/**
 * @typedef {object} AreaMap
 * @property {MapLibreMap} map
 * @property {() => void} refresh fetch the shown tiles anew; the old ones stay until the new have come
 * @property {(act: import("./pointing.js").HoverListener) => void} onHover
 */

/** @typedef {{ zoom: number, center: [number, number] }} Place center: lng, lat */

/**
 * @param {HTMLElement} container
 * @param {PageStore} store
 * @param {{ place: Place | null, still?: boolean, alerts?: boolean } | null} frame how a map in a frame begins: it leaves the wheel and one
 *   finger to the page around it, and the address alone, and where it is still
 *   nobody moves it and whose the data are stands beside it; null for a page of its own
 * @returns {Promise<AreaMap | null>} null where the browser cannot draw
 */
export async function createMap(container, store, frame = null) {
  // The worker begins while it is asked where the data are.
  prewarm();
  const placed = frame ? frame.place : new URLSearchParams(location.hash.slice(1)).has("map");
  const bounds = placed ? null : await Promise.race([dataBounds(store.get().view.layer), delay(PATIENCE_MS)]);
  const { language, scheme } = store.get().view;
  const map = drawnBy({
    container,
    style: await groundFor(scheme, language),
    hash: frame ? false : "map",
    interactive: !frame?.still,
    cooperativeGestures: Boolean(frame && !frame.still),
    ...(frame?.place ?? START),
    ...(bounds && { bounds, fitBoundsOptions: { padding: padding(container) } }),
    locale: { ...words(language).maplibre, "Map.Title": words(language).map },
  });
  if (!map) return null;
  store.set({ zoom: tileZoom(map), finer: !frame?.still && container.clientWidth < NARROW ? 1 : 0 });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  if (!frame?.still) addControls(map, store);
  map.on("error", onMapError);
  if (!frame?.still) surviveLoss(map);
  let refreshPoints = () => {};
  // Once: after the canvas was lost MapLibre brings all layers back by itself.
  map.once("style.load", () => (refreshPoints = showLayers(map, store, frame)));
  map.on("zoom", () => store.set({ zoom: tileZoom(map) }));
  if (bounds) keepFitted(map, bounds, () => padding(container));
  if (!placed && !bounds) void fitData(map, store.get().view.layer);
  store.set({ drawn: () => drawn(map) });
  // A playback goes on with the tiles that it began with.
  const refresh = () => {
    if (store.get().playing) return;
    showTiles(map, store.get());
    refreshPoints();
  };
  return { map, refresh, onHover: (act) => watchPointer(map, act) };
}

/** @param {import("maplibre-gl").MapOptions} options what differs from map to map @returns {MapLibreMap | null} */
function drawnBy(options) {
  try {
    return new MapLibreMap({
      ...options,
      maxZoom: MAX_TILE_ZOOM + 1,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      // Names that fade in would have the whole map drawn again and again meanwhile.
      fadeDuration: 0,
      // The page fetches them when the data or the window may have changed: MapLibre would ask for each again every five seconds.
      refreshExpiredTiles: false,
      // The browser's own cache would show tiles that are older than the numbers; unchanged ones answer with 304. Land stays as it is.
      transformRequest: (url, type) => ({ url, ...(type === "Tile" && !url.includes("/static/") && { cache: "no-cache" }) }),
    });
  } catch (error) {
    if (error instanceof GPUInitializationError) return null;
    throw error;
  }
}

/** @param {import("../page/state.js").Scheme} scheme @param {import("../page/state.js").Language} language */
async function groundFor(scheme, language) {
  const own = baseStyle(scheme);
  const address = foreignAddress();
  const foreign = address ? await fetchForeign(address) : null;
  const note = document.getElementById("ground-note");
  if (note) note.hidden = !address || Boolean(foreign);
  if (note && address) note.textContent = words(language).noGround;
  return foreign ? onForeignGround(own, foreign, LABELS) : own;
}

/** @param {MapLibreMap} map */
async function drawn(map) {
  map.triggerRepaint();
  await map.once("idle");
}

/** A graphics driver may take the canvas away for good; the page begins anew where it was, unless it has only just begun. @param {MapLibreMap} map */
function surviveLoss(map) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let reloadTimer;
  map.on("webglcontextlost", () => {
    if (performance.now() > YOUNG_MS) reloadTimer = setTimeout(() => location.reload(), LOST_MS);
  });
  map.on("webglcontextrestored", () => clearTimeout(reloadTimer));
}

/** What the service refuses is said beside the map, once, not for every tile. @param {ErrorEvent} event */
function onMapError({ error }) {
  if (!("status" in error || error instanceof TypeError)) console.error(error);
}

/**
 * @param {MapLibreMap} map @param {PageStore} store @param {{ alerts?: boolean } | null} frame
 * @returns {() => void} fetches incidents one by one anew
 */
function showLayers(map, store, frame) {
  const framed = frame !== null;
  const named = isShown(map, LABELS);
  /** @type {readonly string[]} */
  let places = [];
  fillBase(map, (names) => {
    places = names;
    leaveUnnamed(map, places);
  });
  showAreas(map, store);
  void map.once("idle").then(() => showStreets(map, store));
  // A frame shows one layer, the one it is asked for. The data come before what lies around them.
  if (!framed)
    void map.once("idle").then(() => {
      showGround(map, store, { above: store.get().view.layer, named });
      leaveUnnamed(map, places);
    });
  const refreshPoints = showPoints(map, store);
  if (frame?.alerts ?? !framed) showAlertMarks(map, store);
  store.watch(
    (state) => state.view.language,
    (language) => nameBase(map, language),
  );
  store.watch(
    (state) => state.view.scheme,
    (scheme) => paintBase(map, scheme),
  );
  watchSelected(map, store);
  return refreshPoints;
}

/** @param {MapLibreMap} map @param {Layer} layer */
async function fitData(map, layer) {
  const bounds = await dataBounds(layer);
  if (bounds) {
    map.fitBounds(bounds, { padding: padding(map.getContainer()), duration: 0 });
    keepFitted(map, bounds, () => padding(map.getContainer()));
  } else setTimeout(() => fitData(map, layer), AGAIN_MS);
}

/** Where the data are; null where nobody can say. @param {Layer} layer */
async function dataBounds(layer) {
  try {
    return unwrapped((await fetchTileJson(layer))["geo:bounds"]);
  } catch {
    return null;
  }
}

/** @param {number} ms @returns {Promise<null>} */
function delay(ms) {
  return new Promise((done) => setTimeout(() => done(null), ms));
}

/** Room around the data; nothing lies over the map. @param {HTMLElement} container of the map */
export function padding(container) {
  const { width, height } = container.getBoundingClientRect();
  const margin = Math.min(MARGIN, MARGIN_SHARE * width, MARGIN_SHARE * height);
  return { top: margin, right: margin, bottom: margin, left: margin };
}

/** @param {MapLibreMap} map */
function tileZoom(map) {
  return Math.min(Math.max(Math.floor(map.getZoom()), 0), MAX_TILE_ZOOM);
}
