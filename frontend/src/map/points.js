/** Incidents one by one, where the map is near enough: larger where there are more, ringed where one is overdue, coloured by age. */

/** @import { ExpressionSpecification, Map as MapLibreMap, VectorTileSource } from "maplibre-gl" */
/** @import { MapGeoJSONFeature } from "maplibre-gl" */
/** @import { OneIncident } from "../page/answer_types.js" */
/** @import { Counts, Legend, PageStore, State, View } from "../page/state.js" */
import { fetchJson } from "../page/api.js";
import { keyOf, toHexagon } from "../view/steps.js";
import { serviceRoot } from "../page/service.js";
import { countedQuery } from "../page/url.js";
import { INKS } from "./inks.js";
import { POINTS_FROM_ZOOM } from "../page/hexagon.js";
import { LABELS } from "./basemap.js";

/** Their layer on the map. */
export const POINTS = "incidents";
/** A place of incidents; id, sector, status and age are of the newest one. @typedef {Counts & { id: string, sector: string, status: string, age: number }} Point */

/** Measures by which places are left out where the number is zero. */
const COUNTS = ["open", "overdue", "closed"];

/**
 * @param {MapLibreMap} map once its style is loaded @param {PageStore} store
 * @returns {() => void} fetches them anew
 */
export function showPoints(map, store) {
  const source = () => /** @type {VectorTileSource | undefined} */ (map.getSource(POINTS));
  map.addSource(POINTS, { type: "vector", tiles: [addressOf(store.get().view)], minzoom: POINTS_FROM_ZOOM, maxzoom: 16 });
  map.addLayer(
    {
      id: POINTS,
      type: "circle",
      source: POINTS,
      "source-layer": POINTS,
      minzoom: POINTS_FROM_ZOOM,
      layout: { "circle-sort-key": ["get", "n"] },
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["get", "n"], 1, 4.5, 20, 9, 200, 16],
        "circle-stroke-width": ["case", [">", ["get", "overdue"], 0], 3, 1],
      },
    },
    LABELS,
  );
  const paint = () => colour(map, store.get());
  // Each frame of a playback is of hexagons.
  store.watch(
    (state) => Boolean(state.playing),
    (playing) => map.setLayoutProperty(POINTS, "visibility", playing ? "none" : "visible"),
  );
  let shown = addressOf(store.get().view);
  store.watch(
    (state) => addressOf(state.view),
    (address) => {
      // Those of now are asked for already.
      if (address !== shown) source()?.setTiles([address]);
      shown = address;
    },
  );
  store.watch((state) => state.points, paint);
  store.watch((state) => state.view.scheme, paint);
  store.watch(
    (state) => (state.zoom < POINTS_FROM_ZOOM ? "" : legendAddress(state.view)),
    (address) => {
      if (address) void legend(store, address);
    },
  );
  return () => source()?.setTiles([addressOf(store.get().view)]);
}

/** @param {Pick<MapGeoJSONFeature, "properties">} feature @returns {Point} */
export function pointOf({ properties: { id, sector, status, age, n, open, overdue } }) {
  return { id: String(id), sector, status, age, n, open, overdue };
}

/** A single incident is selected; of several at one place, the smallest hexagon around them. @param {PageStore} store @param {Point} point */
export async function openPoint(store, { id, n }) {
  const before = keyOf(store.get().view);
  /** @type {OneIncident | null} */
  const answer = n > 1 ? await fetchJson(`/api/incidents/${id}`).catch(() => null) : null;
  const { view } = store.get();
  // Another choice may have been made meanwhile.
  if (keyOf(view) !== before) return;
  if (answer?.incident.h3) toHexagon(store, answer.incident.h3);
  else store.set({ view: { ...view, incident: id, cell: "", alert: "" }, selected: null });
}

/** @param {View} view */
function addressOf(view) {
  const query = countedQuery(view, COUNTS.includes(view.measure) ? { measure: view.measure } : {});
  return `${serviceRoot()}/tiles/incidents/{z}/{x}/{y}.mvt?${query}`;
}

/** @param {View} view */
function legendAddress(view) {
  return `/api/legend?${countedQuery(view)}&layer=incidents&zoom=${POINTS_FROM_ZOOM}&scheme=${view.scheme}`;
}

/** @param {PageStore} store @param {string} address */
async function legend(store, address) {
  /** @type {Legend | null} */
  const points = await fetchJson(address).catch(() => null);
  if (points) store.set({ points });
}

/** @param {MapLibreMap} map @param {State} state */
function colour(map, { points, view: { scheme } }) {
  const inks = INKS[scheme];
  map.setPaintProperty(POINTS, "circle-stroke-color", ["case", [">", ["get", "overdue"], 0], inks.overdue, inks.text]);
  const [first, ...others] = points?.palette.colors ?? [];
  if (!first) return;
  const byAge = /** @type {ExpressionSpecification} */ ([
    "match",
    ["get", "age"],
    0,
    first,
    ...others.flatMap((color, at) => [at + 1, color]),
    inks.withoutClass,
  ]);
  map.setPaintProperty(POINTS, "circle-color", byAge);
}
