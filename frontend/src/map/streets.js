/** Streets, rivers and buildings, where the service has a base map of its own: below the data, its names above them. */

/** @import { Map as MapLibreMap, StyleSpecification } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { fetchJson } from "../page/api.js";
import { LABELS } from "./basemap.js";
import { GROUND_NAMES } from "./ground.js";
import { POINTS } from "./points.js";

/** All its sources and layers begin with it. */
const STREETS = "basemap-";
/** Our own line below which its areas and lines go. */
const ABOVE = "borders";

/** @param {MapLibreMap} map once its style is loaded @param {PageStore} store */
export function showStreets(map, store) {
  const version = document.querySelector('meta[name="geo-basemap-version"]')?.getAttribute("content");
  if (!version) return;
  store.watch(
    ({ view: { scheme, language } }) => `places=hide&scheme=${scheme}&lang=${language}&v=${version}`,
    (query, { view }) => {
      // Without it the map is as it is where there is no base map. The last choice may have been made meanwhile.
      void fetchJson(`/styles/basemap.json?${query}`).then(
        (style) => view.scheme === store.get().view.scheme && view.language === store.get().view.language && draw(map, style),
        () => {},
      );
    },
  );
}

/** Whose data they are, as plain text. @param {MapLibreMap} map @returns {string[]} */
export function streetCredits(map) {
  const credits = Object.entries(map.getStyle().sources).map(([id, source]) => {
    const html = id.startsWith(STREETS) && "attribution" in source ? (source.attribution ?? "") : "";
    return new DOMParser().parseFromString(html, "text/html").body.textContent ?? "";
  });
  return [...new Set(credits)].filter(Boolean);
}

/** The lowest of its names, where there are any: areas go below it. @param {MapLibreMap} map */
export function streetNames(map) {
  return map.getStyle().layers.find(({ id, type }) => type === "symbol" && id.startsWith(STREETS))?.id;
}

/** Incidents one by one, and the names of districts and settlements, are above its names. @param {MapLibreMap} map */
function belowData(map) {
  return [GROUND_NAMES, POINTS].find((id) => map.getLayer(id)) ?? LABELS;
}

/** In place of what is drawn of it; tiles that are there stay. @param {MapLibreMap} map @param {StyleSpecification} style */
function draw(map, { sources, layers }) {
  for (const { id } of map.getStyle().layers) if (id.startsWith(STREETS)) map.removeLayer(id);
  for (const [id, source] of Object.entries(sources)) if (!map.getSource(id)) map.addSource(id, source);
  for (const layer of layers) {
    if (layer.type !== "background") map.addLayer(layer, layer.type === "symbol" ? belowData(map) : ABOVE);
  }
}
