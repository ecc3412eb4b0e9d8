/** The hexagons on the map: coloured by the legend's colours, outlined under the pointer and when selected. */

/** @import { Map as MapLibreMap, VectorTileSource } from "maplibre-gl" */
/** @import { PageStore, State } from "./state.js" */
import { tilesAddress } from "./api.js";
import { LABELS } from "./basemap.js";
import { FILL, SOURCE, SOURCE_LAYER, markSelected } from "./pointing.js";
import { selectionOf } from "./refresh.js";

export const MAX_TILE_ZOOM = 16;
const OUTLINE = "hexes-outline";
const INK = "#14202b";

/** Maps on which a tile of the shown choice could not be had. @type {WeakSet<MapLibreMap>} */
const failed = new WeakSet();

/** Draw them, and follow every choice from then on. @param {MapLibreMap} map @param {PageStore} store */
export function showHexes(map, store) {
  map.on("error", (event) => {
    if ("sourceId" in event && event.sourceId === SOURCE) failed.add(map);
  });
  addHexes(map, store.get());
  let shown = selectionOf(store.get());
  store.watch((state) => state.legend?.palette.colors.join(), () => colour(map, store.get()));
  store.watch(selectionOf, (selection) => {
    if (selection !== shown) showTiles(map, store.get());
    shown = selection;
  });
}

/**
 * Fetch the tiles of the present choice anew; the old ones stay until the new have come.
 *
 * MapLibre loses a reload that was asked for while a tile was on its way to an error, so after an error the source
 * is made anew.
 * @param {MapLibreMap} map @param {State} state
 */
export function showTiles(map, state) {
  if (failed.delete(map)) {
    for (const layer of [FILL, OUTLINE]) map.removeLayer(layer);
    map.removeSource(SOURCE);
    addHexes(map, state);
    colour(map, state);
    markSelected(map, state.view.cell);
    return;
  }
  const source = /** @type {VectorTileSource | undefined} */ (map.getSource(SOURCE));
  source?.setTiles([tilesAddress(state.view)]);
}

/** @param {MapLibreMap} map @param {State} state */
function addHexes(map, state) {
  map.addSource(SOURCE, { type: "vector", tiles: [tilesAddress(state.view)], minzoom: 0, maxzoom: MAX_TILE_ZOOM });
  const ofHexes = { source: SOURCE, "source-layer": SOURCE_LAYER };
  // Without smoothing there are no seams between translucent hexagons.
  map.addLayer({ id: FILL, type: "fill", ...ofHexes, paint: { "fill-antialias": false, "fill-opacity": 0.85 } }, LABELS);
  map.addLayer(
    {
      id: OUTLINE,
      type: "line",
      ...ofHexes,
      layout: { "line-join": "round" },
      paint: {
        "line-color": ["case", ["any", inState("selected"), inState("hover")], INK, "rgba(90, 60, 20, 0.28)"],
        "line-width": ["case", inState("selected"), 3, inState("hover"), 2, 0.6],
      },
    },
    LABELS,
  );
}

/** @param {string} name @returns {import("maplibre-gl").ExpressionSpecification} */
function inState(name) {
  return ["boolean", ["feature-state", name], false];
}

/** @param {MapLibreMap} map @param {State} state */
function colour(map, { legend }) {
  const colors = legend?.palette.colors ?? [];
  const [first] = colors;
  if (!first) return;
  const steps = colors.slice(1).flatMap((color, index) => [index + 1, color]);
  map.setPaintProperty(FILL, "fill-color", ["step", ["get", "class"], first, ...steps]);
}
