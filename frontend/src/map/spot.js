/** The map goes to the selected place where it cannot be seen yet, and marks an incident's. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore, Spot } from "../page/state.js" */
import { Marker } from "maplibre-gl";
import { element } from "../page/dom.js";
import { keyOf } from "../view/steps.js";
import { nearest } from "./longitudes.js";
import { padding } from "./map.js";

/** Whether the address came with a place of its own; MapLibre writes one as soon as there is a map. */
const PLACED = new URLSearchParams(location.hash.slice(1)).has("map");

/** @param {MapLibreMap} map @param {PageStore} store */
export function showSpot(map, store) {
  // What the address asks for brings its own place with it: at the start, and going back and forward.
  let addressed = PLACED ? keyOf(store.get().view) : "";
  addEventListener("hashchange", () => (addressed = keyOf(store.get().view)));
  // So does what was chosen on the map.
  store.watch(
    (state) => keyOf(state.view),
    (key, { selected }) => {
      if (key && selected) addressed = key;
    },
  );
  /** @type {Marker | null} */
  let marker = null;
  store.watch(
    (state) => state.spot,
    (spot) => {
      marker?.remove();
      marker = spot?.mark && spot.point ? new Marker({ element: pin(spot) }).setLngLat(spot.point).addTo(map) : null;
      if (spot && spot.key !== addressed) moveToSpot(map, spot);
      addressed = "";
    },
  );
}

/** A ring; a broken one where the place is not known exactly. @param {Spot} spot */
function pin({ mark }) {
  return element("div", { class: "pin", "aria-hidden": "true", "data-mark": mark });
}

/** @param {MapLibreMap} map @param {Spot} spot */
function moveToSpot(map, { bounds, point, zoom, seen }) {
  const room = padding(map.getContainer());
  if (bounds) map.fitBounds(bounds, { padding: room, maxZoom: zoom });
  else if (point && !isSeen(map, point, seen, room)) map.flyTo({ center: point, zoom });
}

/** @param {MapLibreMap} map @param {[number, number]} point @param {Spot["seen"]} seen @param {ReturnType<typeof padding>} room */
function isSeen(map, point, [from, to], room) {
  const { x, y } = map.project([nearest(point[0], map.getCenter().lng), point[1]]);
  const { clientWidth, clientHeight } = map.getContainer();
  const inside = x > room.left && x < clientWidth - room.right && y > room.top && y < clientHeight - room.bottom;
  return inside && map.getZoom() >= from && map.getZoom() < to;
}
