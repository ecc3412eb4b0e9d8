/** Keeps names away from the edges of a map that nobody can move: a name that is cut is no name. */

/** @import { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl" */

const EDGES = "wall-edges";
const THICKNESS_PX = 4;

/**
 * Transparent pictures along the edges, which take the place of any name there.
 * @param {MapLibreMap} map @param {string} below id of the layer right below which they stand
 */
export function keepEdges(map, below) {
  if (!map.getSource(EDGES)) {
    map.addSource(EDGES, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
    map.addLayer({
      id: EDGES,
      type: "symbol",
      source: EDGES,
      layout: { "icon-image": ["get", "side"], "icon-allow-overlap": true, "icon-padding": 0 },
    });
    map.on("resize", () => drawEdges(map));
    map.on("moveend", () => drawEdges(map));
    drawEdges(map);
  }
  // What stands above is placed first: above the names, and below the marks, which stay on top.
  const ids = map.getStyle().layers.map(({ id }) => id);
  if (ids[ids.indexOf(EDGES) + 1] !== below) map.moveLayer(EDGES, below);
}

/** @param {MapLibreMap} map */
function drawEdges(map) {
  const source = /** @type {GeoJSONSource | undefined} */ (map.getSource(EDGES));
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  if (!source || !width || !height) return;
  for (const [name, w, h] of /** @type {const} */ ([
    ["wall-edge-flat", width, THICKNESS_PX],
    ["wall-edge-upright", THICKNESS_PX, height],
  ])) {
    if (map.hasImage(name)) map.removeImage(name);
    map.addImage(name, { width: w, height: h, data: new Uint8Array(w * h * 4) });
  }
  const sides = [
    ["wall-edge-flat", width / 2, 0],
    ["wall-edge-flat", width / 2, height],
    ["wall-edge-upright", 0, height / 2],
    ["wall-edge-upright", width, height / 2],
  ];
  const features = sides.map(([side, x, y]) => ({
    type: /** @type {const} */ ("Feature"),
    geometry: { type: /** @type {const} */ ("Point"), coordinates: map.unproject([Number(x), Number(y)]).toArray() },
    properties: { side },
  }));
  source.setData({ type: "FeatureCollection", features });
}
