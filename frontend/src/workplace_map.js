/** The parts of the page that need MapLibre, built as one file: numbers are shown while the library is still on its way. */

export { createMap } from "./map/map.js";
export { readyForPaper } from "./map/paper.js";
export { showSpot } from "./map/spot.js";
