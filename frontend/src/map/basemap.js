/** The quiet base: land, borders and names, all from our own origin. */

/** @import { FeatureCollection } from "geojson" */
/** @import { GeoJSONSource, Map as MapLibreMap, StyleSpecification, SymbolLayerSpecification } from "maplibre-gl" */
/** @import { Language, Scheme } from "../page/state.js" */
import { ApiError, fetchPlaces } from "../page/api.js";
import { INKS } from "./inks.js";

/** The folder that MapLibre lies in a folder of: its address, from the page's import map, changes with every version. */
const VENDOR = new URL("..", import.meta.resolve("maplibre-gl")).href.replace(/\/$/, "");
/** The deepest tiles of land and borders, as scripts/world.js cuts them; beyond them these are drawn larger. */
const WORLD_ZOOM = 6;
const AGAIN_MS = 3000;
/** @type {FeatureCollection} */
const NOTHING = { type: "FeatureCollection", features: [] };

/** Inhabitants, by which names are chosen: a section of a town comes after every town, and is shown from zoom 10. */
/** @type {import("maplibre-gl").ExpressionSpecification} */
const RANK = ["case", ["has", "section_of"], ["min", ["get", "population"], 1000], ["get", "population"]];

/** Areas go below this layer, so that names stay legible. */
export const LABELS = "places";

/** @param {Scheme} scheme @returns {StyleSpecification} */
export function baseStyle(scheme) {
  const inks = INKS[scheme];
  return {
    version: 8,
    "font-faces": { "Noto Sans": faces(400), "Noto Sans Semibold": faces(600) },
    sources: {
      world: { type: "vector", tiles: [`${VENDOR}/world/{z}/{x}/{y}.mvt`], maxzoom: WORLD_ZOOM },
      places: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": inks.sea } },
      { id: "land", type: "fill", source: "world", "source-layer": "land", paint: { "fill-color": inks.land } },
      { id: "coast", type: "line", source: "world", "source-layer": "land", paint: { "line-color": inks.coast, "line-width": 0.8 } },
      {
        id: "borders",
        type: "line",
        source: "world",
        "source-layer": "borders",
        paint: { "line-color": inks.border, "line-width": 1, "line-dasharray": [3, 2] },
      },
      {
        id: LABELS,
        type: "symbol",
        source: "places",
        // Fewer names where they would crowd: at each zoom only the larger places.
        filter: [">=", RANK, ["step", ["zoom"], 1e6, 4, 4e5, 5, 1.5e5, 6, 6e4, 7, 2.5e4, 8, 8e3, 9, 2e3, 10, 0]],
        layout: {
          "text-font": ["step", RANK, ["literal", ["Noto Sans"]], 1e5, ["literal", ["Noto Sans Semibold"]]],
          "text-size": ["interpolate", ["linear"], ["ln", ["max", RANK, 1]], 7, 11, 14, 16],
          "text-max-width": 8,
          "text-padding": 6,
          "symbol-sort-key": ["-", RANK],
        },
        paint: { "text-color": inks.text, "text-halo-color": inks.halo, "text-halo-width": 1.4 },
      },
    ],
  };
}

/**
 * The names of a layer's areas; of two that would cover each other the one with more messages stays.
 * @param {string} id @param {{ source: string, "source-layer": string }} from
 * @returns {SymbolLayerSpecification}
 */
export function labelLayer(id, from) {
  return {
    id,
    type: "symbol",
    ...from,
    layout: { "text-font": ["Noto Sans"], "text-size": 12, "text-max-width": 8, "text-padding": 4, "symbol-sort-key": ["-", ["get", "n"]] },
    paint: { "text-halo-width": 1.4 },
  };
}

/** @param {MapLibreMap} map @param {Scheme} scheme */
export function paintBase(map, scheme) {
  const inks = INKS[scheme];
  map.setPaintProperty("sea", "background-color", inks.sea);
  map.setPaintProperty("land", "fill-color", inks.land);
  map.setPaintProperty("coast", "line-color", inks.coast);
  map.setPaintProperty("borders", "line-color", inks.border);
  map.setPaintProperty(LABELS, "text-color", inks.text);
  map.setPaintProperty(LABELS, "text-halo-color", inks.halo);
}

/** @param {number} weight */
function faces(weight) {
  const file = (/** @type {string} */ script) => `${VENDOR}/noto-sans/noto-sans-${script}-${weight}-normal.woff2`;
  return [
    { url: file("cyrillic"), "unicode-range": ["U+0301", "U+0400-045F", "U+0490-0491", "U+04B0-04B1", "U+2116"] },
    { url: file("latin"), "unicode-range": ["U+0000-00FF", "U+2000-206F"] },
    { url: file("latin-ext"), "unicode-range": ["U+0100-02BA", "U+1E00-1E9F"] },
  ];
}

/**
 * What is hidden on a ground from elsewhere is not fetched.
 * @param {MapLibreMap} map once its style is loaded @param {(places: string[]) => void} named is told which places have names there, in Russian
 */
export function fillBase(map, named) {
  if (isShown(map, LABELS)) void showPlaces(map, named);
}

/** @param {MapLibreMap} map @param {Language} language */
export function nameBase(map, language) {
  map.setLayoutProperty(LABELS, "text-field", ["get", `name_${language}`]);
}

/** @param {MapLibreMap} map @param {string} layer */
export function isShown(map, layer) {
  return map.getLayoutProperty(layer, "visibility") !== "none";
}

/** @param {MapLibreMap} map @param {(places: string[]) => void} named */
async function showPlaces(map, named) {
  try {
    const places = await fetchPlaces();
    sourceOf(map, "places").setData(places);
    named(places.features.map(({ properties }) => properties?.["name_ru"]));
  } catch (error) {
    // While the service loads it cannot know which places are near its data.
    if (!(error instanceof ApiError) || error.problem.kind === "refused") throw error;
    setTimeout(() => showPlaces(map, named), AGAIN_MS);
  }
}

/** @param {MapLibreMap} map @param {string} id */
function sourceOf(map, id) {
  return /** @type {GeoJSONSource} */ (map.getSource(id));
}
