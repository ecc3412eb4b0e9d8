/** Keeps all data in sight until the map is moved: what stands around it comes later and takes some of its room. */

/** @import { LngLatBoundsLike, Map as MapLibreMap, PaddingOptions } from "maplibre-gl" */

/**
 * Fit the map to the data again whenever its size changes, for as long as it is where that has put it.
 * @param {MapLibreMap} map that shows the data now @param {LngLatBoundsLike} bounds of the data @param {() => PaddingOptions} padding
 */
export function keepFitted(map, bounds, padding) {
  let fitted = placeOf(map);
  map.on("resize", () => {
    if (placeOf(map) !== fitted) return;
    map.fitBounds(bounds, { padding: padding(), duration: 0 });
    fitted = placeOf(map);
  });
}

/** @param {MapLibreMap} map */
function placeOf(map) {
  const { lng, lat } = map.getCenter();
  return [map.getZoom(), lng, lat].map((number) => number.toFixed(6)).join(" ");
}
