/** What stands on the map's edges: buttons to come nearer, the scale, and whose data are drawn. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { AttributionControl, GeolocateControl, NavigationControl, ScaleControl } from "maplibre-gl";
import { attributions } from "./attribution.js";

/** Whose data must be named in sight before they fold away to a button, and for how long, ms: openstreetmap.org/copyright asks for it. */
const [SEEN, SEEN_MS] = [/OpenStreetMap/, 5000];
/** A device that is carried about. */
const TOUCHED = "(pointer: coarse)";
/** Around the reader: a few streets. */
const NEAR_ZOOM = 14;

/** @param {MapLibreMap} map @param {PageStore} store */
export function addControls(map, store) {
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  // Whoever stands in the street wants to see what is around; browsers say where that is only over secure connections.
  if (isSecureContext && matchMedia(TOUCHED).matches)
    map.addControl(
      new GeolocateControl({ positionOptions: { enableHighAccuracy: true }, fitBoundsOptions: { maxZoom: NEAR_ZOOM } }),
      "top-right",
    );
  map.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-right");
  map.once("style.load", () => showAttribution(map, store));
}

/** @param {MapLibreMap} map @param {PageStore} store */
function showAttribution(map, store) {
  /** @type {AttributionControl | null} */
  let control = null;
  store.watch(
    ({ view: { layer, language }, summary }) => `${layer} ${language} ${summary?.attribution ?? ""}`,
    async (_, state) => {
      const parts = await attributions(state);
      if (control) map.removeControl(control);
      control = new AttributionControl({ compact: true, customAttribution: parts.map(escaped) });
      map.addControl(control, "bottom-right");
      if (parts.some((part) => SEEN.test(part))) setTimeout(() => fold(map), SEEN_MS);
      else fold(map);
    },
  );
}

/** The attribution to its button, where it would cover the map. @param {MapLibreMap} map */
function fold(map) {
  const box = map.getContainer().querySelector(".maplibregl-ctrl-attrib");
  box?.classList.remove("maplibregl-compact-show");
  box?.removeAttribute("open");
}

/** MapLibre takes attributions as HTML; ours are texts. @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
