/** A smooth map of density, as «тепловая карта» is understood: kernels around the hexagons' middles, in messages per km². */

/** @import { ExpressionSpecification, HeatmapLayerSpecification, Map as MapLibreMap } from "maplibre-gl" */
/** @import { Legend } from "../page/state.js" */

/** The layer of the tiles, and on the map. */
export const DENSITY = "density";
/** Far enough for every zoom: the kernel is as wide on the ground at each, 2^20 times as many pixels there. */
const FAR_ZOOM = 20;

/** @type {NonNullable<HeatmapLayerSpecification["paint"]>} */
export const DENSITY_PAINT = {
  "heatmap-weight": ["get", "weight"],
  "heatmap-radius": ["interpolate", ["exponential", 2], ["zoom"], 0, ["get", "radius"], FAR_ZOOM, ["*", 2 ** FAR_ZOOM, ["get", "radius"]]],
};

/**
 * The ramp: transparent where there is nothing, each colour of the legend where its class begins.
 * @param {Legend} legend @returns {ExpressionSpecification | null} null where nothing is to be drawn
 */
export function densityRamp({ classes, peak = 0 }) {
  if (!classes.length || !peak) return null;
  const stops = classes.flatMap(({ from, color }) => [from / peak, color]);
  const [first] = classes;
  return ["interpolate", ["linear"], ["heatmap-density"], 0, `${first?.color}00`, ...stops];
}

/** What makes 1 of the greatest density: MapLibre adds up weight · intensity · exp(…) / √(2π). @param {Legend} legend */
export function densityIntensity({ kernel_km: sigma = 1, peak = 0 }) {
  return peak ? 1 / (Math.sqrt(2 * Math.PI) * sigma ** 2 * peak) : 0;
}

/** @param {MapLibreMap} map @param {Legend | null} legend */
export function colourDensity(map, legend) {
  // The legend of the layer before may still be there.
  const ramp = legend?.kernel_km ? densityRamp(legend) : null;
  if (!legend || !ramp) return;
  map.setPaintProperty(DENSITY, "heatmap-color", ramp);
  map.setPaintProperty(DENSITY, "heatmap-intensity", densityIntensity(legend));
}
