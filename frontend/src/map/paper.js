/** The page on paper: a browser does not print the map's canvas reliably, so a picture of it takes its place. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { words } from "../words/i18n.js";
import { selectionWords } from "../words/selection.js";

/** @param {MapLibreMap} map @param {PageStore} store */
export function readyForPaper(map, store) {
  const sheet = element("figure", { id: "paper", hidden: true });
  byId("map").before(sheet);
  addEventListener("beforeprint", () => {
    const { language } = store.get().view;
    const picture = element("img", { src: pictureOf(map), alt: words(language).map });
    sheet.replaceChildren(picture, element("figcaption", {}, selectionWords(store.get()).join(" · ")));
    sheet.hidden = false;
  });
  addEventListener("afterprint", () => {
    sheet.hidden = true;
    sheet.replaceChildren();
  });
}

/** The map, as a data address. @param {MapLibreMap} map */
function pictureOf(map) {
  // The canvas can be read only in the very task in which it was drawn.
  map.redraw();
  const ground = map.getCanvas();
  const canvas = element("canvas", { width: String(ground.width), height: String(ground.height) });
  canvas.getContext("2d")?.drawImage(ground, 0, 0);
  return canvas.toDataURL();
}
