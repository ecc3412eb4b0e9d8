/** The wall's map: nobody can move it, its names are large, and it is made anew when the graphics card has lost it. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { fetchTileJson } from "../page/api.js";
import { scoped } from "../page/store.js";
import { showNoMap } from "../choice/notices.js";
import { unwrapped } from "../map/longitudes.js";
import { LABELS } from "../map/basemap.js";
import { keepEdges } from "./map_edges.js";
import { DISC, isMark, keepMarksOnTop } from "./marks.js";

const AGAIN_MS = 5000;
/** After so many failures in a row only a new page can help. */
const PATIENCE = 6;

/**
 * @typedef {object} WallMap
 * @property {() => void} refresh fetch the shown tiles anew
 * @property {() => void} mark draw again what lies over the map
 */

/**
 * @param {HTMLElement} container @param {PageStore} store
 * @param {{ place: import("../map/map.js").Place | null, mark: (map: MapLibreMap) => void, giveUp: () => void }} how
 *   mark: called whenever the map has drawn; giveUp: when it cannot be drawn any more
 * @returns {WallMap}
 */
export function keepMap(container, store, { place, mark, giveUp }) {
  /** @type {import("../map/map.js").AreaMap | null} */
  let current = null;
  let failures = 0;

  /** @param {{ store: PageStore, end: () => void }} part of the map that could not be drawn */
  function fail(part) {
    failures += 1;
    showNoMap(part.store);
    if (failures % PATIENCE === 0) giveUp();
    setTimeout(() => {
      part.end();
      void make();
    }, AGAIN_MS);
  }

  async function make() {
    container.replaceChildren();
    const part = scoped(store);
    // Numbers are shown while MapLibre is still on its way.
    const { createMap } = await import("../map/map.js");
    const made = await createMap(container, part.store, { place, still: true });
    if (!made) return fail(part);
    failures = 0;
    current = made;
    Object.assign(window, { geoMap: made.map });
    made.map.on("styledata", () => enlarge(made.map));
    made.map.on("idle", () => mark(made.map));
    if (!place) made.map.on("resize", () => void fit(made.map, store));
    if (!place) void fit(made.map, store);
    made.map.getCanvas().addEventListener(
      "webglcontextlost",
      () => {
        current = null;
        part.end();
        store.set({ drawn: null });
        setTimeout(() => {
          made.map.remove();
          void make();
        }, AGAIN_MS);
      },
      { once: true },
    );
  }

  void make();
  return { refresh: () => current?.refresh(), mark: () => current && mark(current.map) };
}

/** All names on the map as large as the smallest text beside it, and the marks above them. @param {MapLibreMap} map */
function enlarge(map) {
  const size = rem();
  keepMarksOnTop(map, size);
  keepEdges(map, DISC);
  // Districts bring their own names; settlements stand between them, where there is room.
  if (map.getLayer(LABELS) && map.getLayoutProperty(LABELS, "visibility") === "none")
    map.setLayoutProperty(LABELS, "visibility", "visible");
  for (const layer of map.getStyle().layers) {
    if (layer.type !== "symbol" || isMark(layer.id) || map.getLayoutProperty(layer.id, "text-size") === size) continue;
    map.setLayoutProperty(layer.id, "text-size", size);
    // At the point itself a mark may stand; on another side of it more names have room.
    map.setLayoutProperty(layer.id, "text-variable-anchor", ["top", "bottom", "left", "right"]);
    map.setLayoutProperty(layer.id, "text-radial-offset", 0.8);
  }
}

/** The data fill the map. @param {MapLibreMap} map @param {PageStore} store */
async function fit(map, store) {
  const tiles = await fetchTileJson(store.get().view.layer).catch(() => null);
  if (!tiles || !map.getContainer().isConnected) return;
  map.fitBounds(unwrapped(tiles["geo:bounds"]), { padding: rem(), duration: 0 });
}

/** The document's font size, px. */
function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}
