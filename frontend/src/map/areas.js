/** The hexagons or districts on the map: coloured by the legend's colours, outlined under the pointer and when selected. */

/** @import { ExpressionSpecification, Map as MapLibreMap, VectorTileSource } from "maplibre-gl" */
/** @import { Layer, PageStore, State } from "../page/state.js" */
import { tilesAddress } from "../page/api.js";
import { LABELS, labelLayer } from "./basemap.js";
import { GROUND_NAMES } from "./ground.js";
import { INKS } from "./inks.js";
import { colourDensity, DENSITY, DENSITY_PAINT } from "./density.js";
import { LAYERS } from "./layers.js";
import { POINTS_FROM_ZOOM } from "../page/hexagon.js";
import { POINTS } from "./points.js";
import { showFrame, shownInFrame } from "./frames.js";
import { streetNames } from "./streets.js";
import { markSelected } from "./pointing.js";
import { serviceRoot } from "../page/service.js";
import { selectionOf } from "../page/refresh.js";

export const MAX_TILE_ZOOM = 16;
const OPACITY = 0.85;
/** Where incidents will soon stand one by one, so that streets are seen. */
const FAINT = 0.5;
/** The last zoom at which areas cover what is below them. */
const DENSE_ZOOM = 10;
/** MapLibre's own end. */
const LAST_ZOOM = 24;
/** Of a class that is not the one picked out. */
const FADED = 0.12;
const NOTHING = "rgba(0, 0, 0, 0)";

/** Maps on which a tile of the shown choice could not be had. @type {WeakSet<MapLibreMap>} */
const failed = new WeakSet();
/** Which layer a map shows. @type {WeakMap<MapLibreMap, Layer>} */
const shownOn = new WeakMap();

/** Draw them, and follow every choice from then on. @param {MapLibreMap} map @param {PageStore} store */
export function showAreas(map, store) {
  map.on("error", (event) => {
    if ("sourceId" in event && event.sourceId === shownOn.get(map)) failed.add(map);
  });
  addAreas(map, store.get());
  let shown = tilesOf(store.get());
  store.watch(
    (state) => state.legend?.palette.colors.join(),
    () => colour(map, store.get()),
  );
  store.watch(
    (state) => state.lit,
    () => fade(map, store.get()),
  );
  store.watch(
    (state) => state.playing?.frame,
    () => showFrame(map, store.get()),
  );
  store.watch(
    (state) => state.playing?.classes,
    () => {
      showFrame(map, store.get());
      colour(map, store.get());
    },
  );
  store.watch(
    (state) => state.view.scheme,
    () => colour(map, store.get()),
  );
  store.watch(
    (state) => state.view.language,
    () => name(map, store.get()),
  );
  // Those of now are asked for already.
  store.watch(tilesOf, (tiles, state) => {
    if (tiles !== shown) showTiles(map, state);
    shown = tiles;
  });
}

/** What the tiles depend on, as one comparable text. @param {State} state */
function tilesOf(state) {
  return `${selectionOf(state)} ${state.playing?.query ?? ""}`;
}

/**
 * Fetch the tiles of the present choice anew; the old ones stay until the new have come.
 *
 * MapLibre loses a reload that was asked for while a tile was on its way to an error, so after an error the source
 * is made anew; so it is for another layer.
 * @param {MapLibreMap} map @param {State} state
 */
export function showTiles(map, state) {
  const { layer } = state.view;
  if (failed.delete(map) || layer !== shownOn.get(map)) {
    removeAreas(map);
    addAreas(map, state);
    colour(map, state);
    markSelected(map, state.view);
    return;
  }
  const source = /** @type {VectorTileSource | undefined} */ (map.getSource(layer));
  source?.setTiles([addressOf(state)]);
  colour(map, state);
}

/** Of the tiles; those of a playback have the frames in them. @param {State} state */
function addressOf({ view, playing, finer }) {
  return playing ? `${serviceRoot()}/tiles/hexes/{z}/{x}/{y}.mvt?${playing.query}` : tilesAddress(view, finer);
}

/** @param {MapLibreMap} map @param {State} state */
function addAreas(map, state) {
  const { layer } = state.view;
  shownOn.set(map, layer);
  map.addSource(layer, { type: "vector", tiles: [addressOf(state)], minzoom: 0, maxzoom: MAX_TILE_ZOOM });
  const ofAreas = { source: layer, "source-layer": layer };
  const above = streetNames(map) ?? [GROUND_NAMES, POINTS].find((id) => map.getLayer(id)) ?? LABELS;
  if (layer === DENSITY) {
    map.addLayer({ id: layer, type: "heatmap", ...ofAreas, maxzoom: POINTS_FROM_ZOOM, paint: DENSITY_PAINT }, above);
    map.setLayoutProperty(LABELS, "visibility", "visible");
    return colour(map, state);
  }
  // Without smoothing there are no seams between translucent hexagons.
  map.addLayer({ id: layer, type: "fill", ...ofAreas, paint: { "fill-antialias": false } }, above);
  map.addLayer(
    { id: outlineOf(layer), type: "line", ...ofAreas, layout: { "line-join": "round" }, paint: { "line-width": LINE_WIDTH } },
    above,
  );
  const { labels } = LAYERS[layer];
  if (labels) map.addLayer(labelLayer(labels, { source: layer, "source-layer": labels }));
  // Districts bring their own names.
  map.setLayoutProperty(LABELS, "visibility", labels ? "none" : "visible");
  colour(map, state);
  name(map, state);
}

/** @param {MapLibreMap} map */
function removeAreas(map) {
  const layer = shownOn.get(map);
  if (!layer) return;
  for (const id of [LAYERS[layer].labels, outlineOf(layer), layer]) if (id && map.getLayer(id)) map.removeLayer(id);
  map.removeSource(layer);
}

/** @type {ExpressionSpecification} */
const LINE_WIDTH = ["case", inState("selected"), 3, inState("hover"), 2, 0.6];

/** @param {string} state @returns {ExpressionSpecification} */
function inState(state) {
  return ["boolean", ["feature-state", state], false];
}

/** @param {Layer} layer */
function outlineOf(layer) {
  return `${layer}-outline`;
}

/** Whether the map shows the chosen layer; another one is about to be drawn anew, with its colours and names. @param {MapLibreMap} map @param {State} state */
function isShown(map, { view: { layer } }) {
  return shownOn.get(map) === layer;
}

/** @param {MapLibreMap} map @param {State} state */
function colour(map, state) {
  const {
    legend,
    playing,
    view: { scheme, layer },
  } = state;
  if (!isShown(map, state)) return;
  const inks = INKS[scheme];
  if (layer === DENSITY) return colourDensity(map, legend);
  fade(map, state);
  map.setPaintProperty(outlineOf(layer), "line-color", [
    "case",
    ["any", inState("selected"), inState("hover")],
    inks.marked,
    inks.outline[layer],
  ]);
  const { labels } = LAYERS[layer];
  if (labels) map.setPaintProperty(labels, "text-color", inks.text);
  if (labels) map.setPaintProperty(labels, "text-halo-color", inks.halo);
  if (playing) {
    map.setPaintProperty(layer, "fill-color", shownInFrame(NOTHING, ...playing.classes.flatMap((row) => [row.from, row.color])));
    return;
  }
  const [first, ...others] = legend?.palette.colors ?? [];
  if (!first) return;
  const pairs = others.flatMap((color, index) => [index + 1, color]);
  // An area without a value has no class.
  map.setPaintProperty(layer, "fill-color", ["match", ["get", "class"], 0, first, ...pairs, inks.withoutClass]);
}

/**
 * How much each area covers: less where streets are to be seen, nothing where incidents stand one by one, which are counted and
 * coloured by themselves, and hardly anything where another class is picked out. A playback has no incidents one by one.
 * @param {MapLibreMap} map @param {State} state
 */
function fade(map, state) {
  const {
    lit,
    playing,
    view: { layer },
  } = state;
  if (layer === DENSITY || !isShown(map, state)) return;
  const of = (/** @type {number} */ opacity) =>
    /** @type {ExpressionSpecification | number} */ (
      lit === null || playing ? opacity : ["case", ["==", ["get", "class"], lit], opacity, FADED]
    );
  const dense = ["interpolate", ["linear"], ["zoom"], DENSE_ZOOM, of(OPACITY), POINTS_FROM_ZOOM - 0.5, of(FAINT)];
  const near = playing ? [] : [POINTS_FROM_ZOOM, 0];
  map.setPaintProperty(layer, "fill-opacity", /** @type {ExpressionSpecification} */ ([...dense, ...near]));
  // Districts keep their outlines and can be pointed at; hexagons leave only that of the selected one.
  const gives = layer === "hexes" && !playing;
  map.setLayerZoomRange(layer, 0, gives ? POINTS_FROM_ZOOM : LAST_ZOOM);
  const shown = playing ? shownInFrame(0, 1, 1) : 1;
  const selected = /** @type {ExpressionSpecification} */ (["case", inState("selected"), 1, 0]);
  map.setPaintProperty(outlineOf(layer), "line-opacity", gives ? ["step", ["zoom"], shown, POINTS_FROM_ZOOM, selected] : shown);
}

/** @param {MapLibreMap} map @param {State} state */
function name(map, state) {
  const { layer, language } = state.view;
  const { labels } = LAYERS[layer];
  if (labels && isShown(map, state))
    map.setLayoutProperty(labels, "text-field", ["coalesce", ["get", `name_${language}`], ["get", "name_ru"]]);
}
