/** The numbers of the rows beside the map, at their places on it. */

/** @import { FeatureCollection, Geometry } from "geojson" */
/** @import { Where } from "./attention.js" */
/** @import { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl" */
import { LAYERS } from "../map/layers.js";

const [SOURCE, NUMBER] = ["wall-marks", "wall-numbers"];
export const DISC = "wall-discs";
const INK = "#14202b";

/**
 * The layers of the marks, on top, so that the names below keep clear of them.
 * @param {MapLibreMap} map @param {number} size of the numbers, px
 */
export function keepMarksOnTop(map, size) {
  if (!map.getSource(SOURCE)) {
    map.addSource(SOURCE, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({
      id: DISC,
      type: "circle",
      source: SOURCE,
      paint: { "circle-radius": 0.8 * size, "circle-color": INK, "circle-stroke-color": "#fff", "circle-stroke-width": size / 12 },
    });
    map.addLayer({
      id: NUMBER,
      type: "symbol",
      source: SOURCE,
      layout: {
        "text-field": ["get", "rank"],
        "text-font": ["Noto Sans Semibold"],
        "text-size": size,
        "text-allow-overlap": true,
        "text-padding": size / 2,
      },
      paint: { "text-color": "#fff" },
    });
  }
  if (map.getStyle().layers.at(-1)?.id === NUMBER) return;
  for (const id of [DISC, NUMBER]) map.moveLayer(id);
}

/** Whether a layer is one of the marks. @param {string} id */
export function isMark(id) {
  return id === NUMBER;
}

/** What the marks on a map were drawn of. @type {WeakMap<MapLibreMap, string>} */
const drawn = new WeakMap();

/** @param {MapLibreMap} map @param {readonly Where[]} rows where each is, in their order */
export function drawMarks(map, rows) {
  const source = /** @type {GeoJSONSource | undefined} */ (map.getSource(SOURCE));
  const { labels } = LAYERS.districts;
  if (!source || !labels) return;
  const codes = rows.flatMap((row) => (row && "code" in row ? row.code : []));
  const found = map.getSource("districts")
    ? map.querySourceFeatures("districts", { sourceLayer: labels, filter: ["in", ["get", "code"], ["literal", codes]] })
    : [];
  const data = marksOf(rows, new Map(found.map(({ geometry, properties }) => [properties["code"], geometry])));
  const text = JSON.stringify(data);
  // Drawing them again would bring the map to rest again, and then they would be drawn again.
  if (drawn.get(map) === text) return;
  drawn.set(map, text);
  source.setData(data);
}

/**
 * Of two rows about one district the first has the mark.
 * @param {readonly Where[]} rows @param {ReadonlyMap<string, Geometry>} districts where their names stand, by code @returns {FeatureCollection}
 */
export function marksOf(rows, districts) {
  const left = new Map(districts);
  const features = rows.flatMap((row, at) => {
    /** @type {Geometry | undefined} */
    const geometry = !row ? undefined : "point" in row ? { type: "Point", coordinates: row.point } : left.get(row.code);
    if (row && "code" in row) left.delete(row.code);
    return geometry ? [{ type: /** @type {const} */ ("Feature"), geometry, properties: { rank: String(at + 1) } }] : [];
  });
  return { type: "FeatureCollection", features };
}
