/** Districts around the hexagons, quietly: their borders below, their names above; so the map reads well without a basemap. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { serviceRoot } from "../page/service.js";
import { labelLayer, LABELS } from "./basemap.js";
import { INKS } from "./inks.js";
import { POINTS } from "./points.js";

const [DISTRICTS, REGIONS] = ["ground-districts", "ground-regions"];
/** The names; areas go below them. */
export const GROUND_NAMES = "ground-names";
/** Only the outlines are wanted: a day without messages stays as it is, whatever comes. */
const NO_MESSAGES = "from=2000-01-01&to=2000-01-02";
/** Where districts are wide enough for their names. */
const NAMES_FROM_ZOOM = 6.5;
/** Below it the districts' own tiles show regions. */
const REGIONS_FROM_ZOOM = 5;
const FINEST_ZOOM = 12;

/**
 * @param {MapLibreMap} map once its style is loaded @param {PageStore} store
 * @param {{ above: string, named: boolean }} how above: the layer below which borders go; named: whether the ground has no names of its own
 */
export function showGround(map, store, { above, named }) {
  addBorders(map, DISTRICTS, { query: "", minzoom: 0, width: 0.6, above });
  addBorders(map, REGIONS, { query: "&level=region", minzoom: REGIONS_FROM_ZOOM, width: 1.4, above });
  if (named) addNames(map);
  const layers = [DISTRICTS, REGIONS, ...(named ? [GROUND_NAMES] : [])];
  store.watch(
    (state) => state.view.scheme,
    (scheme) => {
      const inks = INKS[scheme];
      map.setPaintProperty(DISTRICTS, "line-color", inks.districts);
      map.setPaintProperty(REGIONS, "line-color", inks.regions);
      if (named) map.setPaintProperty(GROUND_NAMES, "text-color", inks.quiet).setPaintProperty(GROUND_NAMES, "text-halo-color", inks.halo);
    },
  );
  if (named)
    store.watch(
      (state) => state.view.language,
      (language) => map.setLayoutProperty(GROUND_NAMES, "text-field", ["coalesce", ["get", `name_${language}`], ["get", "name_ru"]]),
    );
  // The districts themselves have outlines and names.
  store.watch(
    (state) => state.view.layer,
    (layer) => {
      for (const id of layers) map.setLayoutProperty(id, "visibility", layer === "districts" ? "none" : "visible");
    },
  );
}

/** Districts that are called like a place on the map would be named twice. @param {MapLibreMap} map @param {readonly string[]} places in Russian */
export function leaveUnnamed(map, places) {
  if (map.getLayer(GROUND_NAMES)) map.setFilter(GROUND_NAMES, ["!", ["in", ["get", "name_ru"], ["literal", [...places]]]]);
}

/** @param {MapLibreMap} map @param {string} id @param {{ query: string, minzoom: number, width: number, above: string }} how width: px at zoom 5 */
function addBorders(map, id, { query, minzoom, width, above }) {
  map.addSource(id, {
    type: "vector",
    tiles: [`${serviceRoot()}/tiles/districts/{z}/{x}/{y}.mvt?${NO_MESSAGES}${query}`],
    minzoom,
    maxzoom: FINEST_ZOOM,
  });
  map.addLayer(
    {
      id,
      type: "line",
      source: id,
      "source-layer": "districts",
      minzoom,
      layout: { "line-join": "round" },
      paint: { "line-width": ["interpolate", ["linear"], ["zoom"], 5, width, 10, 2.2 * width] },
    },
    above,
  );
}

/** @param {MapLibreMap} map */
function addNames(map) {
  const layer = labelLayer(GROUND_NAMES, { source: DISTRICTS, "source-layer": "district_labels" });
  const layout = {
    ...layer.layout,
    "text-transform": /** @type {const} */ ("uppercase"),
    "text-letter-spacing": 0.08,
    "text-size": 10.5,
    "text-max-width": 7,
  };
  map.addLayer({ ...layer, minzoom: NAMES_FROM_ZOOM, layout }, map.getLayer(POINTS) ? POINTS : LABELS);
}
