/** The map once more, at a size of its own and out of sight: for pictures and paper, whatever the window's shape is. */

/** @import { LngLatBounds } from "maplibre-gl" */
/** @import { Layer } from "../page/state.js" */
import { Map as MapLibreMap } from "maplibre-gl";
import { fetchTileJson } from "../page/api.js";
import { element } from "../page/dom.js";
import { MAX_TILE_ZOOM } from "./areas.js";
import { unwrapped } from "./longitudes.js";

/** A picture is made of what has come by then, ms. */
const PATIENCE_MS = 15_000;
/** Around the data, px. */
const MARGIN = 20;

/** @typedef {{ image: ImageBitmap, zoom: number, lat: number }} Still zoom, and latitude of the middle: they decide how long a metre is */

/**
 * Draw all data where all of them are on the map, else what is on the map: where the shapes differ, with more around it.
 * @param {MapLibreMap} map @param {Layer} layer what it shows @param {{ width: number, height: number }} size in px of the page
 * @param {number} ratio pixels of the picture to one of the page
 * @returns {Promise<Still>}
 */
export async function drawStill(map, layer, { width, height }, ratio) {
  const all = await fetchTileJson(layer).then(
    ({ "geo:bounds": bounds }) => unwrapped(bounds),
    () => null,
  );
  const frame = all && holds(map.getBounds(), all) ? { bounds: all, fitBoundsOptions: { padding: MARGIN } } : { bounds: map.getBounds() };
  const box = element("div", { "aria-hidden": "true", inert: true });
  Object.assign(box.style, { position: "fixed", left: "-99999px", top: "0", width: `${width}px`, height: `${height}px` });
  document.body.append(box);
  const still = new MapLibreMap({
    container: box,
    style: map.getStyle(),
    ...frame,
    maxZoom: MAX_TILE_ZOOM + 1,
    interactive: false,
    attributionControl: false,
    fadeDuration: 0,
    pixelRatio: ratio,
    canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  try {
    await Promise.race([still.once("idle"), new Promise((done) => setTimeout(done, PATIENCE_MS))]);
    return { image: await createImageBitmap(still.getCanvas()), zoom: still.getZoom(), lat: still.getCenter().lat };
  } finally {
    still.remove();
    box.remove();
  }
}

/** @param {LngLatBounds} seen @param {[number, number, number, number]} bounds west, south, east, north */
function holds(seen, [west, south, east, north]) {
  return seen.getWest() <= west && seen.getSouth() <= south && east <= seen.getEast() && north <= seen.getNorth();
}
