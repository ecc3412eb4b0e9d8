/** One frame of a playback: the map's global state says between which edges, and expressions read each hexagon's history. */

/** @import { ExpressionSpecification, Map as MapLibreMap } from "maplibre-gl" */
/** @import { State } from "../page/state.js" */

const [BEGIN, END] = ["frame-begin", "frame-end"];

/** Incidents before an edge: hexagons carry them as one text, "0,1,1,4". @param {string} edge @returns {ExpressionSpecification} */
function before(edge) {
  return ["to-number", ["at", ["coalesce", ["global-state", edge], 0], ["split", ["get", "p"], ","]]];
}

/**
 * What is shown of the incidents in the frame, by steps.
 * @param {string | number} least where there are none @param {...(string | number)} steps limit, value, limit, value, …
 * @returns {ExpressionSpecification}
 */
export function shownInFrame(least, ...steps) {
  // Tiles of before the playback stay until the new ones have come: they have no history.
  return /** @type {ExpressionSpecification} */ (["step", ["case", ["has", "p"], ["-", before(END), before(BEGIN)], 0], least, ...steps]);
}

/** @param {MapLibreMap} map @param {State} state */
export function showFrame(map, { playing }) {
  map.setGlobalStateProperty(BEGIN, playing && !playing.growing ? playing.frame : 0);
  map.setGlobalStateProperty(END, (playing?.frame ?? 0) + 1);
}
