/** The parts of the page that nobody sees at first, built as one file that is fetched after the map. */

export { showDock } from "./dock/dock.js";
export { downloadPicture } from "./map/picture.js";
export { showAnalysis } from "./panels/analysis.js";
export { followDistrictFilter } from "./panels/district_filter.js";
export { showNow } from "./panels/now.js";
export { showPlace } from "./panels/place.js";
export { showShare } from "./panels/share.js";
export { showSelecting } from "./selecting/selecting.js";
