/** Pointing at hexagons: under the pointer, and the selected one. */

/** @import { Map as MapLibreMap, MapGeoJSONFeature, PointLike } from "maplibre-gl" */
/** @import { Counts, PageStore } from "./state.js" */
import { cellOfId, idOfCell } from "./hexagon.js";

export const SOURCE = "hexes";
export const SOURCE_LAYER = "hexes";
export const FILL = "hexes";

/** @typedef {{ x: number, y: number }} Place px from the map's upper left corner */
/** @typedef {(hovered: { counts: Counts, place: Place } | null) => void} HoverListener */

/** @param {MapLibreMap} map @param {HoverListener} act */
export function watchPointer(map, act) {
  /** @type {number | null} */
  let hovered = null;
  const hover = (/** @type {number | null} */ id) => {
    if (id === hovered) return;
    if (hovered !== null) map.setFeatureState(target(hovered), { hover: false });
    if (id !== null) map.setFeatureState(target(id), { hover: true });
    hovered = id;
    map.getCanvas().style.cursor = id === null ? "" : "pointer";
  };
  map.on("mousemove", FILL, ({ features: [feature] = [], point }) => {
    if (!feature) return;
    hover(Number(feature.id));
    act({ counts: countsOf(feature), place: point });
  });
  map.on("mouseleave", FILL, () => {
    hover(null);
    act(null);
  });
}

/**
 * A click selects a hexagon or nothing; so does Enter, at the middle of the map. The selected one keeps its outline
 * and its numbers stay level with the tiles.
 * @param {MapLibreMap} map @param {PageStore} store
 */
export function watchSelected(map, store) {
  map.on("click", ({ point }) => select(map, store, point));
  map.getCanvas().addEventListener("keydown", ({ key }) => {
    if (key === "Enter") select(map, store, map.project(map.getCenter()));
  });
  let marked = "";
  store.watch(
    (state) => state.view.cell,
    (cell) => {
      if (marked) map.setFeatureState(target(idOfCell(marked)), { selected: false });
      markSelected(map, cell);
      marked = cell;
      read(map, store);
    },
  );
  map.on("idle", () => read(map, store));
}

/** Outline a cell as the selected one. @param {MapLibreMap} map @param {string} cell or "" for none */
export function markSelected(map, cell) {
  if (cell) map.setFeatureState(target(idOfCell(cell)), { selected: true });
}

/** @param {MapLibreMap} map @param {PageStore} store @param {PointLike} point */
function select(map, store, point) {
  const [feature] = map.queryRenderedFeatures(point, { layers: [FILL] });
  const cell = feature ? cellOfId(Number(feature.id)) : "";
  store.set({ view: { ...store.get().view, cell }, selected: feature ? countsOf(feature) : null });
}

/** The selected hexagon's numbers as the tiles have them now. @param {MapLibreMap} map @param {PageStore} store */
function read(map, store) {
  const { view, selected } = store.get();
  const found = view.cell ? find(map, idOfCell(view.cell)) : null;
  if (JSON.stringify(found) !== JSON.stringify(selected)) store.set({ selected: found });
}

/** @param {MapLibreMap} map @param {number} id */
function find(map, id) {
  const [feature] = map.querySourceFeatures(SOURCE, { sourceLayer: SOURCE_LAYER, filter: ["==", ["id"], id] });
  return feature ? countsOf(feature) : null;
}

/** @param {number} id */
function target(id) {
  return { source: SOURCE, sourceLayer: SOURCE_LAYER, id };
}

/** @param {Pick<MapGeoJSONFeature, "properties">} feature @returns {Counts} */
function countsOf({ properties }) {
  return { n: properties["n"], open: properties["open"], overdue: properties["overdue"] };
}
