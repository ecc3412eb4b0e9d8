/** The outline of the selected set on the map. */

/** @import { FeatureCollection } from "geojson" */
/** @import { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore } from "../page/state.js" */
/** @import { CellSet } from "./selecting.js" */
import { INKS } from "../map/inks.js";
import { follow } from "../page/answers.js";

const [SOURCE, UNDER, LINE] = ["selected-cells", "selected-cells-halo", "selected-cells-line"];
/** @type {FeatureCollection} */
const NOTHING = { type: "FeatureCollection", features: [] };

/** @param {MapLibreMap} map @param {PageStore} store */
export function showOutline(map, store) {
  map.addSource(SOURCE, { type: "geojson", data: NOTHING });
  map.addLayer({ id: UNDER, type: "line", source: SOURCE, paint: { "line-width": 5 } });
  map.addLayer({ id: LINE, type: "line", source: SOURCE, paint: { "line-width": 2.5, "line-dasharray": [3, 1.5] } });
  const draw = (/** @type {FeatureCollection} */ data) => /** @type {GeoJSONSource | undefined} */ (map.getSource(SOURCE))?.setData(data);
  follow(
    store,
    ({ view }) => (view.filters["cells"] ? `/api/cell-set?${new URLSearchParams({ cells: view.filters["cells"] })}` : null),
    (/** @type {AnswerState<CellSet>} */ { answer, stale }) => {
      if (answer && !stale) draw({ ...NOTHING, features: [{ type: "Feature", properties: {}, geometry: answer.outline }] });
    },
  );
  store.watch(
    (state) => Boolean(state.view.filters["cells"]),
    (is) => {
      if (!is) draw(NOTHING);
    },
  );
  store.watch(
    (state) => state.view.scheme,
    (scheme) => {
      const { marked, paper } = INKS[scheme];
      map.setPaintProperty(UNDER, "line-color", paper).setPaintProperty(LINE, "line-color", marked);
    },
  );
}
