/** A set of hexagons as a filter: drawn on the map as a box or a lasso, or picked one by one; its outline stands on the map. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore } from "../page/state.js" */
/** @import { Shape } from "./gestures.js" */
import { areaOf } from "../map/layers.js";
import { zoomsOf } from "../page/hexagon.js";
import { follow } from "../page/answers.js";
import { announce } from "../page/copy.js";
import { words } from "../words/i18n.js";
import { readCells, toggleHexagon, withCells, writeCells } from "./cell_set.js";
import { watchGestures } from "./gestures.js";
import { lassoButton } from "./lasso_button.js";
import { showOutline } from "./outline.js";

/** @typedef {{ cells: string, n: number, outline: import("geojson").Geometry }} CellSet */

const HEXES = "hexes";
const FINEST = 10;

/** @param {MapLibreMap} map @param {PageStore} store */
export function showSelecting(map, store) {
  /** @type {{ address: string, adds: boolean } | null} */
  let asked = null;
  const button = lassoButton(store);
  map.addControl(button, "top-right");
  watchGestures(map, button, {
    onShape: (shape) => {
      asked = { address: addressOf(map, store, shape.corners), adds: shape.adds };
      store.set({});
    },
    onPick: (point) => pickHexagon(map, store, point),
  });
  follow(
    store,
    () => asked?.address ?? null,
    (/** @type {AnswerState<CellSet>} */ { answer, stale, problem }) => {
      const { filters, language } = store.get().view;
      if (!asked || (stale && !problem)) return;
      const { adds } = asked;
      asked = null;
      if (problem || !answer) return announce(words(language).analyst.notSelected);
      announce(words(language).analyst.selected);
      const cells = adds ? writeCells([...readCells(filters["cells"] ?? ""), ...readCells(answer.cells)]) : answer.cells;
      return store.set({ view: withCells(store.get().view, cells) });
    },
  );
  showOutline(map, store);
}

/** The set of what has been drawn: of the hexagons on the map, or as large ones as would be there. @param {MapLibreMap} map @param {PageStore} store @param {Shape["corners"]} corners */
function addressOf(map, store, corners) {
  const places = corners.map((corner) => map.unproject(corner).wrap());
  const polygon = places.map(({ lng, lat }) => `${lng.toFixed(5)},${lat.toFixed(5)}`).join(",");
  const { legend, zoom, finer } = store.get();
  const resolution =
    legend?.resolution ?? Array.from({ length: FINEST }, (_, at) => at + 1).find((one) => zoom < zoomsOf(one, finer)[1]) ?? FINEST;
  return `/api/cell-set?polygon=${polygon}&resolution=${resolution}`;
}

/** @param {MapLibreMap} map @param {PageStore} store @param {[number, number]} point */
function pickHexagon(map, store, point) {
  const [feature] = map.getLayer(HEXES) ? map.queryRenderedFeatures(point, { layers: [HEXES] }) : [];
  if (feature) toggleHexagon(store, areaOf(HEXES, feature).key);
}
