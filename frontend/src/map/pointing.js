/** Pointing at hexagons, districts and incidents one by one: what is under the pointer, and the selected area. */

/** @import { Map as MapLibreMap, MapGeoJSONFeature, PointLike } from "maplibre-gl" */
/** @import { Area, Layer, PageStore, View } from "../page/state.js" */
import { ALERT_MARKS } from "./alert_marks.js";
import { formerView, stepOut, toAlert } from "../view/steps.js";
import { areaOf, LAYERS } from "./layers.js";
import { openPoint, POINTS, pointOf } from "./points.js";

/** @typedef {{ x: number, y: number }} Place px from the map's upper left corner */
/** @typedef {import("./points.js").Point} Point */
/** @typedef {(hovered: { area: Area, place: Place } | { point: Point, place: Place } | { alert: number, place: Place } | null) => void} HoverListener */
/** @typedef {{ source: string, sourceLayer: string, id: number }} Target */

/** What is on top is told, asked for once for each move. @param {MapLibreMap} map @param {HoverListener} act */
export function watchPointer(map, act) {
  /** @type {Target | null} */
  let hovered = null;
  const hover = (/** @type {Target | null} */ target) => {
    if (target?.id === hovered?.id && target?.source === hovered?.source) return;
    if (hovered && map.getSource(hovered.source)) map.setFeatureState(hovered, { hover: false });
    if (target) map.setFeatureState(target, { hover: true });
    hovered = target;
  };
  const clearHover = () => {
    hover(null);
    map.getCanvas().style.cursor = "";
    act(null);
  };
  // After a tap browsers tell of a mouse that moved there, and would never move away.
  let byFinger = false;
  for (const event of /** @type {const} */ (["pointerdown", "pointermove"]))
    map.getCanvas().addEventListener(event, ({ pointerType }) => (byFinger = pointerType === "touch"), { capture: true });
  map.on("mousemove", ({ point: place }) => {
    const feature = byFinger ? null : topmost(map, place);
    if (!feature) return clearHover();
    const layer = layerOf(feature);
    map.getCanvas().style.cursor = "pointer";
    hover(layer && targetOf(layer, feature));
    if (isAlert(feature)) return act({ alert: feature.properties["id"], place });
    return act(layer ? { area: areaOf(layer, feature), place } : { point: pointOf(feature), place });
  });
  map.on("mouseout", clearHover);
}

/** The alert, incident or area that is drawn on top there. @param {MapLibreMap} map @param {PointLike} place */
function topmost(map, place) {
  const layers = [ALERT_MARKS, POINTS, ...Object.keys(LAYERS)].filter((layer) => map.getLayer(layer));
  return map.queryRenderedFeatures(place, { layers })[0] ?? null;
}

/** Null for alerts, and incidents one by one. @param {MapGeoJSONFeature} feature */
function layerOf({ layer: { id } }) {
  return id === POINTS || id === ALERT_MARKS ? null : /** @type {Layer} */ (id);
}

/** @param {MapGeoJSONFeature} feature */
function isAlert({ layer: { id } }) {
  return id === ALERT_MARKS;
}

/**
 * A click selects an alert, an area or nothing; so does Enter, at the middle of the map, and Escape leaves it. The selected one
 * keeps its outline and its numbers stay level with the tiles.
 * @param {MapLibreMap} map @param {PageStore} store
 */
export function watchSelected(map, store) {
  map.on("click", ({ point }) => selectAt(map, store, point));
  map.getCanvas().addEventListener("keydown", ({ key }) => {
    if (key === "Enter") selectAt(map, store, map.project(map.getCenter()));
    if (key === "Escape") stepOut(store);
  });
  store.watch(
    (state) => state.view.cell + state.view.layer,
    () => readSelected(map, store),
  );
  map.on("idle", () => readSelected(map, store));
}

/** @type {WeakMap<MapLibreMap, Target>} */
const marked = new WeakMap();

/** Outline the selected area, and no other, as far as its tile is there. @param {MapLibreMap} map @param {View} view */
export function markSelected(map, view) {
  const feature = findSelected(map, view);
  const target = feature ? targetOf(view.layer, feature) : null;
  const before = marked.get(map);
  if (before && before.id !== target?.id && map.getSource(before.source)) map.setFeatureState(before, { selected: false });
  if (!target) return marked.delete(map);
  // Setting it again would draw the map again, and then it would be idle again.
  if (!map.getFeatureState(target)["selected"]) map.setFeatureState(target, { selected: true });
  return marked.set(map, target);
}

/** @param {MapLibreMap} map @param {PageStore} store @param {PointLike} point */
function selectAt(map, store, point) {
  const { view } = store.get();
  const feature = topmost(map, point);
  const layer = feature && layerOf(feature);
  const alert = feature && isAlert(feature) ? store.get().alerts?.answer?.alerts.find(({ id }) => id === feature.properties["id"]) : null;
  if (alert) return toAlert(store, alert);
  if (feature && !layer) return void openPoint(store, pointOf(feature));
  const area = feature && layer ? areaOf(layer, feature) : null;
  // Beside everything an opened alert is closed; an area is looked at with the messages of the alert.
  return store.set({
    view: { ...view, ...(area ? {} : formerView(store)), cell: area?.key ?? "", incident: "", alert: "" },
    selected: area,
  });
}

/** The selected area's numbers as the tiles have them now. @param {MapLibreMap} map @param {PageStore} store */
function readSelected(map, store) {
  const { view, selected } = store.get();
  markSelected(map, view);
  const feature = findSelected(map, view);
  const found = feature ? areaOf(view.layer, feature) : null;
  if (JSON.stringify(found) !== JSON.stringify(selected)) store.set({ selected: found });
}

/** @param {MapLibreMap} map @param {View} view */
function findSelected(map, { cell, layer }) {
  if (!cell || !map.getSource(layer)) return null;
  const [feature] = map.querySourceFeatures(layer, { sourceLayer: layer, filter: LAYERS[layer].withKey(cell) });
  return feature ?? null;
}

/** @param {Layer} layer @param {Pick<MapGeoJSONFeature, "id">} feature @returns {Target} */
function targetOf(layer, feature) {
  return { source: layer, sourceLayer: layer, id: Number(feature.id) };
}
