/** The borders of districts below the hexagons, so that the map reads well without a basemap. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { INKS } from "./inks.js";

const ID = "ground-districts";
/** Only the outlines are wanted: a day without messages stays as it is, whatever comes. */
const NO_MESSAGES = "from=2000-01-01&to=2000-01-02";

/** @param {MapLibreMap} map once its style is loaded @param {PageStore} store @param {string} above the layer below which it goes */
export function showGround(map, store, above) {
  map.addSource(ID, { type: "vector", tiles: [`${location.origin}/tiles/districts/{z}/{x}/{y}.mvt?${NO_MESSAGES}`], minzoom: 0, maxzoom: 12 });
  map.addLayer({ id: ID, type: "line", source: ID, "source-layer": "districts", layout: { "line-join": "round" }, paint: { "line-width": ["interpolate", ["linear"], ["zoom"], 5, 0.6, 10, 1.4] } }, above);
  store.watch((state) => state.view.scheme, (scheme) => map.setPaintProperty(ID, "line-color", INKS[scheme].districts));
  // The districts themselves have outlines.
  store.watch((state) => state.view.layer, (layer) => map.setLayoutProperty(ID, "visibility", layer === "hexes" ? "visible" : "none"));
}
