/** The page on a wall: nothing to press, seen from afar, for days. */

/** @import { PageStore } from "../page/state.js" */
import { createMap } from "../map/map.js";
import { byId } from "../page/dom.js";

/** @param {PageStore} store @returns {Promise<{ refreshTiles: () => void }>} */
export async function begin(store) {
  document.documentElement.dataset["page"] = "wall";
  const areaMap = await createMap(byId("map"), store);
  Object.assign(window, { geoMap: areaMap.map });
  return { refreshTiles: areaMap.refresh };
}
