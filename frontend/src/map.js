/** The map: hexagons over the base, coloured by the legend's colours, outlined under the pointer and when selected. */

/** @import { ErrorEvent, VectorTileSource } from "maplibre-gl" */
/** @import { PageStore, State } from "./state.js" */
import { AttributionControl, Map as MapLibreMap, NavigationControl, ScaleControl } from "maplibre-gl";
import { fetchTileJson, tilesAddress } from "./api.js";
import { LABELS, baseStyle, fillBase, nameBase } from "./basemap.js";
import { words } from "./i18n.js";
import { FILL, SOURCE, SOURCE_LAYER, watchPointer, watchSelected } from "./pointing.js";
import { selectionOf } from "./refresh.js";

const OUTLINE = "hexes-outline";
const MAX_TILE_ZOOM = 16;
const INK = "#14202b";
const AGAIN_MS = 3000;
/** Room left around the data at the start, px. */
const MARGIN = 40;
/** Below this width, px, the page is a phone's. */
const NARROW = 760;

/**
 * @typedef {object} HexMap
 * @property {MapLibreMap} map
 * @property {() => void} refresh fetch the shown tiles anew; the old ones stay until the new have come
 * @property {(act: import("./pointing.js").HoverListener) => void} onHover
 */

/** Whether the browser can draw the map at all. */
export function canDraw() {
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

/**
 * @param {HTMLElement} container
 * @param {PageStore} store
 * @returns {HexMap}
 */
export function createMap(container, store) {
  const placed = new URLSearchParams(location.hash.slice(1)).has("map");
  const { language } = store.get().view;
  const map = new MapLibreMap({
    container,
    style: baseStyle(),
    hash: "map",
    center: [60, 55],
    zoom: 2,
    maxZoom: MAX_TILE_ZOOM + 1,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    locale: { ...words(language).maplibre, "Map.Title": words(language).map },
    // The browser's own cache would show tiles that are older than the numbers; unchanged ones answer with 304.
    transformRequest: (url, type) => ({ url, ...(type === "Tile" && { cache: "no-cache" }) }),
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  map.on("error", hear);
  map.on("style.load", () => begin(map, store));
  map.on("zoom", () => store.set({ zoom: tileZoom(map) }));
  if (!placed) void fitData(map);
  return { map, refresh: () => showTiles(map, store.get()), onHover: (act) => watchPointer(map, act) };
}

/** What the service refuses is said beside the map, once, not for every tile. @param {ErrorEvent} event */
function hear({ error }) {
  if (!("status" in error || error instanceof TypeError)) console.error(error);
}

/** @param {MapLibreMap} map @param {PageStore} store */
function begin(map, store) {
  fillBase(map);
  addHexes(map, store.get());
  store.watch((state) => state.view.language, (language) => nameBase(map, language));
  store.watch((state) => state.legend?.palette.colors.join(), () => colour(map, store.get()));
  store.watch((state) => selectionOf(state), () => showTiles(map, store.get()));
  watchSelected(map, store);
  showAttribution(map, store);
  store.set({ zoom: tileZoom(map) });
}

/** @param {MapLibreMap} map @param {State} state */
function addHexes(map, state) {
  map.addSource(SOURCE, { type: "vector", tiles: [tilesAddress(state.view)], minzoom: 0, maxzoom: MAX_TILE_ZOOM });
  const ofHexes = { source: SOURCE, "source-layer": SOURCE_LAYER };
  // Without smoothing there are no seams between translucent hexagons.
  map.addLayer({ id: FILL, type: "fill", ...ofHexes, paint: { "fill-antialias": false, "fill-opacity": 0.85 } }, LABELS);
  map.addLayer(
    {
      id: OUTLINE,
      type: "line",
      ...ofHexes,
      layout: { "line-join": "round" },
      paint: {
        "line-color": ["case", ["any", inState("selected"), inState("hover")], INK, "rgba(90, 60, 20, 0.28)"],
        "line-width": ["case", inState("selected"), 3, inState("hover"), 2, 0.6],
      },
    },
    LABELS,
  );
}

/** @param {string} name @returns {import("maplibre-gl").ExpressionSpecification} */
function inState(name) {
  return ["boolean", ["feature-state", name], false];
}

/** @param {MapLibreMap} map @param {State} state */
function colour(map, { legend }) {
  const colors = legend?.palette.colors ?? [];
  const [first] = colors;
  if (!first) return;
  const steps = colors.slice(1).flatMap((color, index) => [index + 1, color]);
  map.setPaintProperty(FILL, "fill-color", ["step", ["get", "class"], first, ...steps]);
}

/** @param {MapLibreMap} map @param {State} state */
function showTiles(map, state) {
  const source = /** @type {VectorTileSource | undefined} */ (map.getSource(SOURCE));
  source?.setTiles([tilesAddress(state.view)]);
}

/** @param {MapLibreMap} map */
async function fitData(map) {
  try {
    const { bounds } = await fetchTileJson();
    map.fitBounds(bounds, { padding: padding(map), duration: 0 });
  } catch {
    setTimeout(() => fitData(map), AGAIN_MS);
  }
}

/** The part of the map that cards do not cover. @param {MapLibreMap} map */
function padding(map) {
  const card = document.getElementById("controls")?.getBoundingClientRect();
  const frame = map.getContainer().getBoundingClientRect();
  const beside = card && card.width < frame.width / 2 ? card.right : 0;
  return { top: MARGIN, right: MARGIN, bottom: MARGIN, left: MARGIN + beside };
}

/** @param {MapLibreMap} map */
function tileZoom(map) {
  return Math.min(Math.max(Math.floor(map.getZoom()), 0), MAX_TILE_ZOOM);
}

/** @param {MapLibreMap} map @param {PageStore} store */
function showAttribution(map, store) {
  /** @type {AttributionControl | null} */
  let control = null;
  store.watch(
    (state) => state.summary?.attribution,
    (attribution) => {
      if (control) map.removeControl(control);
      const parts = ["Natural Earth", "H3", attribution ?? ""].filter(Boolean);
      control = new AttributionControl({ compact: true, customAttribution: parts.map(escaped) });
      map.addControl(control, "bottom-right");
      if (map.getContainer().clientWidth < NARROW) fold(map);
    },
  );
}

/** The attribution to its button, where it would cover the map. @param {MapLibreMap} map */
function fold(map) {
  const box = map.getContainer().querySelector(".maplibregl-ctrl-attrib");
  box?.classList.remove("maplibregl-compact-show");
  box?.removeAttribute("open");
}

/** MapLibre takes attributions as HTML; ours are texts. @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
