/** Pointing at hexagons or districts: the one under the pointer, and the selected one. */

/** @import { Map as MapLibreMap, MapGeoJSONFeature, PointLike } from "maplibre-gl" */
/** @import { Area, Layer, PageStore, View } from "../page/state.js" */
import { areaOf, LAYERS } from "./layers.js";

/** @typedef {{ x: number, y: number }} Place px from the map's upper left corner */
/** @typedef {(hovered: { area: Area, place: Place } | null) => void} HoverListener */
/** @typedef {{ source: string, sourceLayer: string, id: number }} Target */

/** @param {MapLibreMap} map @param {HoverListener} act */
export function watchPointer(map, act) {
  /** @type {Target | null} */
  let hovered = null;
  const hover = (/** @type {Target | null} */ target) => {
    if (target?.id === hovered?.id && target?.source === hovered?.source) return;
    if (hovered && map.getSource(hovered.source)) map.setFeatureState(hovered, { hover: false });
    if (target) map.setFeatureState(target, { hover: true });
    hovered = target;
    map.getCanvas().style.cursor = target ? "pointer" : "";
  };
  for (const layer of /** @type {Layer[]} */ (Object.keys(LAYERS))) {
    map.on("mousemove", layer, ({ features: [feature] = [], point }) => {
      if (!feature) return;
      hover(targetOf(layer, feature));
      act({ area: areaOf(layer, feature), place: point });
    });
    map.on("mouseleave", layer, () => {
      hover(null);
      act(null);
    });
  }
  map.on("mouseenter", "incidents", () => (map.getCanvas().style.cursor = "pointer"));
}

/**
 * A click selects an area or nothing; so does Enter, at the middle of the map. The selected one keeps its outline
 * and its numbers stay level with the tiles.
 * @param {MapLibreMap} map @param {PageStore} store
 */
export function watchSelected(map, store) {
  map.on("click", ({ point }) => select(map, store, point));
  map.getCanvas().addEventListener("keydown", ({ key }) => {
    if (key === "Enter") select(map, store, map.project(map.getCenter()));
  });
  store.watch((state) => state.view.cell + state.view.layer, () => read(map, store));
  map.on("idle", () => read(map, store));
}

/** @type {WeakMap<MapLibreMap, Target>} */
const marked = new WeakMap();

/** Outline the selected area, and no other, as far as its tile is there. @param {MapLibreMap} map @param {View} view */
export function markSelected(map, view) {
  const feature = find(map, view);
  const target = feature ? targetOf(view.layer, feature) : null;
  const before = marked.get(map);
  if (before && before.id !== target?.id && map.getSource(before.source)) map.setFeatureState(before, { selected: false });
  if (!target) return marked.delete(map);
  // Setting it again would draw the map again, and then it would be idle again.
  if (!map.getFeatureState(target)["selected"]) map.setFeatureState(target, { selected: true });
  return marked.set(map, target);
}

/** @param {MapLibreMap} map @param {PageStore} store @param {PointLike} point */
function select(map, store, point) {
  const { view } = store.get();
  if (map.getLayer("incidents") && map.queryRenderedFeatures(point, { layers: ["incidents"] }).length) return;
  const [feature] = map.queryRenderedFeatures(point, { layers: [view.layer] });
  const area = feature ? areaOf(view.layer, feature) : null;
  store.set({ view: { ...view, cell: area?.key ?? "", incident: "" }, selected: area });
}

/** The selected area's numbers as the tiles have them now. @param {MapLibreMap} map @param {PageStore} store */
function read(map, store) {
  const { view, selected } = store.get();
  markSelected(map, view);
  const feature = find(map, view);
  const found = feature ? areaOf(view.layer, feature) : null;
  if (JSON.stringify(found) !== JSON.stringify(selected)) store.set({ selected: found });
}

/** @param {MapLibreMap} map @param {View} view */
function find(map, { cell, layer }) {
  if (!cell || !map.getSource(layer)) return null;
  const [feature] = map.querySourceFeatures(layer, { sourceLayer: layer, filter: LAYERS[layer].withKey(cell) });
  return feature ?? null;
}

/** @param {Layer} layer @param {Pick<MapGeoJSONFeature, "id">} feature @returns {Target} */
function targetOf(layer, feature) {
  return { source: layer, sourceLayer: layer, id: Number(feature.id) };
}
