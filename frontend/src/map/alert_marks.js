/** Open alerts on the map: a disc with a sign and the place's name, over everything else. */

/** @import { FeatureCollection } from "geojson" */
/** @import { GeoJSONSource, Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore, State } from "../page/state.js" */
/** @import { Alert } from "../alerts/alert_types.js" */
import { INKS } from "./inks.js";

/** The discs, which can be pointed at, and their source. */
export const ALERT_MARKS = "alert-marks";
const [SIGNS, NAMES] = ["alert-signs", "alert-names"];
/** Of a disc, px. */
const RADIUS = 9;
const FONT = ["Noto Sans Semibold"];

/** @param {MapLibreMap} map once its style is loaded @param {PageStore} store */
export function showAlertMarks(map, store) {
  addLayers(map);
  // Areas and names that come later would lie over them.
  map.on("styledata", () => keepOnTop(map));
  let drawn = "";
  const place = () => {
    const data = marksOf(store.get());
    const text = JSON.stringify(data);
    // The same marks drawn again would bring the map to rest again.
    if (text !== drawn) /** @type {GeoJSONSource | undefined} */ (map.getSource(ALERT_MARKS))?.setData(data);
    drawn = text;
  };
  store.watch((state) => state.alerts?.answer, place);
  store.watch((state) => state.view.language + state.view.alert, place);
  store.watch(
    (state) => state.view.scheme,
    (scheme) => {
      const { halo, marked, paper, text } = INKS[scheme];
      map.setPaintProperty(ALERT_MARKS, "circle-color", marked).setPaintProperty(ALERT_MARKS, "circle-stroke-color", paper);
      map
        .setPaintProperty(SIGNS, "text-color", paper)
        .setPaintProperty(NAMES, "text-color", text)
        .setPaintProperty(NAMES, "text-halo-color", halo);
    },
  );
}

/** @param {MapLibreMap} map */
function addLayers(map) {
  map.addSource(ALERT_MARKS, { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: ALERT_MARKS,
    type: "circle",
    source: ALERT_MARKS,
    paint: { "circle-radius": ["case", ["get", "chosen"], RADIUS + 3, RADIUS], "circle-stroke-width": 2.5 },
  });
  map.addLayer({
    id: NAMES,
    type: "symbol",
    source: ALERT_MARKS,
    paint: { "text-halo-width": 1.6 },
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONT,
      "text-size": 13,
      "text-anchor": "left",
      "text-justify": "left",
      "text-offset": [1, 0],
      "text-max-width": 9,
    },
  });
  map.addLayer({
    id: SIGNS,
    type: "symbol",
    source: ALERT_MARKS,
    layout: { "text-field": "!", "text-font": FONT, "text-size": 13, "text-allow-overlap": true },
  });
}

/** @param {MapLibreMap} map */
function keepOnTop(map) {
  if (map.getLayersOrder().at(-1) === SIGNS || !map.getLayer(SIGNS)) return;
  for (const id of [ALERT_MARKS, NAMES, SIGNS]) map.moveLayer(id);
}

/** The rarest last: of two that lie over each other it is seen. @param {Pick<State, "alerts" | "view">} state @returns {FeatureCollection} */
export function marksOf({ alerts, view: { language, alert: chosen } }) {
  const features = (alerts?.answer?.alerts ?? []).filter(isSomewhere).map(({ id, place: { name, lng, lat } }) => ({
    type: /** @type {const} */ ("Feature"),
    geometry: { type: /** @type {const} */ ("Point"), coordinates: [lng, lat] },
    properties: { id, name: name[language], chosen: String(id) === chosen },
  }));
  return { type: "FeatureCollection", features: features.reverse() };
}

/** An alert of the whole region is everywhere: a mark in its middle would mislead. @param {Pick<Alert, "place">} alert */
export function isSomewhere({ place: { key } }) {
  return !key.startsWith("r:");
}
