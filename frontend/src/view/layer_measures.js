/** Which measures go with which areas, comparisons and classes. */

/** @import { Layer, View } from "../page/state.js" */
import { divisionOf } from "./breaks.js";

/** Rates that need residents or an area. */
export const OF_DISTRICTS = ["per_1000", "per_km2"];
/** What only hexagons have; most readers would take it for what has changed. */
export const OF_ANALYSTS = ["gi", "emerging"];
/** What can be smoothed. */
const OF_DENSITY = ["count", "open", "overdue", "closed"];
/** Measures with classes of their own, which have names. */
export const NAMED_CLASSES = ["unusual", ...OF_ANALYSTS];

/** Another layer: the selected area is none of its, and some rates are of districts only. @param {View} view @param {Layer} layer @returns {Partial<View>} */
export function ofLayer(view, layer) {
  if (layer === view.layer) return {};
  return {
    layer,
    cell: "",
    ...(measuredIn(layer, view.measure) ? {} : ofMeasure(view, "count")),
    // Its classes are its own.
    ...(layer === "density" ? { breaks: "" } : {}),
  };
}

/** Whether a layer can show a measure: only numbers of messages have a density. @param {Layer} layer @param {string} measure */
export function measuredIn(layer, measure) {
  if (layer === "density") return OF_DENSITY.includes(measure);
  return !(layer === "hexes" ? OF_DISTRICTS : OF_ANALYSTS).includes(measure);
}

/** Another measure: a change needs a comparison, and limits of one's own are those of another number. @param {View} view @param {string} measure @returns {Partial<View>} */
export function ofMeasure(view, measure) {
  return {
    measure,
    ...(measure === "change" && !view.compare ? { compare: "previous" } : {}),
    ...(divisionOf(view.breaks) === "own" || NAMED_CLASSES.includes(measure) ? { breaks: "" } : {}),
  };
}

/** @param {View} view @param {View["compare"] | "none"} compare @returns {Partial<View>} */
export function ofComparison(view, compare) {
  if (compare !== "none") return { compare };
  return { ...(view.measure === "change" ? ofMeasure(view, "count") : {}), compare: "" };
}

/** All data have no past: no comparison, and nothing that is measured by one. @param {View} view @returns {Partial<View>} */
export function withoutPast(view) {
  return { ...ofComparison(view, "none"), ...(NAMED_CLASSES.includes(view.measure) ? ofMeasure(view, "count") : {}) };
}
