/** What the address of a wall screen asks for. Everything may stand behind ? as well as behind #; what stands behind # wins. */

/** @import { Group, View } from "../page/state.js" */
import { readView } from "../page/url.js";

/** What a wall shows where its address says nothing else: read from afar in a dim room, and what needs looking at. */
const DEFAULTS = { window: "7d", layer: "districts", measure: "overdue", scheme: "dark" };
/** Within a few days hardly anything can be overdue, no deadline is that short: what is more than usual can be said. */
const SHORT = { windows: ["24h", "1d", "2d", "3d", "48h", "72h"], measure: "unusual" };
/** Nobody can read a screen in less, s. */
const SHORTEST = 5;
const LONGEST = 3600;

/** @typedef {{ view: View, rotate: number, layerGiven: boolean, measureGiven: boolean }} Wall rotate: seconds for each sector, 0 for none */

/** @param {string} hash @param {string} search @param {readonly string[]} languages most liked first @returns {Wall} */
export function readWall(hash, search, languages) {
  const given = new URLSearchParams(search);
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) given.set(name, value);
  const layerGiven = given.has("layer");
  if (given.has("from") || given.has("to")) given.set("window", "");
  const measureGiven = given.has("measure");
  const defaults = { ...DEFAULTS, measure: measureOf(given.get("window") ?? DEFAULTS.window) };
  for (const [name, value] of Object.entries(defaults)) if (!given.has(name)) given.set(name, value);
  const view = readView(given.toString(), languages);
  return {
    view: withLevel({ ...view, cell: "", incident: "", alert: "" }),
    rotate: secondsOf(given.get("rotate")),
    layerGiven,
    measureGiven,
  };
}

/**
 * What colours the map where the address does not say: what is overdue; where nothing is, or can be, what is more than usual.
 * @param {string} window @param {number} overdue incidents of the choice
 */
export function measureOf(window, overdue = 1) {
  return SHORT.windows.includes(window) || !overdue ? SHORT.measure : DEFAULTS.measure;
}

/**
 * The view in which the map says something, where the address leaves it open: hexagons where there are no districts, and
 * what is more than usual where nothing is overdue.
 * @param {View} view @param {import("./question.js").WallAnswer} answer @param {Wall} wall what the address asks for
 * @returns {View} the same one where nothing is to be changed
 */
export function shownView(view, { districts, both }, { layerGiven, measureGiven }) {
  if (!districts.districts.length && !layerGiven && view.layer === "districts") return withLevel({ ...view, layer: "hexes" });
  const measure = measureGiven ? view.measure : measureOf(view.window, both.now.measures.overdue);
  return measure === view.measure ? view : { ...view, measure };
}

/** The districts that the list ranks are those on the map, at whatever zoom the screen shows the region. @param {View} view @param {string} level @returns {View} */
export function withLevel(view, level = "district") {
  const { level: _, ...filters } = view.filters;
  return { ...view, filters: view.layer === "districts" ? { ...filters, level } : filters };
}

/** The map's place in the address, zoom/lat/lng, as MapLibre writes it. @param {string} hash @param {string} search */
export function placeOf(hash, search) {
  const text = new URLSearchParams(hash.replace(/^#/, "")).get("map") ?? new URLSearchParams(search).get("map") ?? "";
  const [zoom, lat, lng] = text.split("/").map(Number);
  const known = text && [zoom, lat, lng].every(Number.isFinite) && Math.abs(lat ?? 99) <= 90;
  return known ? { zoom: zoom ?? 0, center: /** @type {[number, number]} */ ([lng, lat]) } : null;
}

/** @param {string | null} text */
function secondsOf(text) {
  const seconds = Number(text);
  return seconds > 0 ? Math.min(Math.max(seconds, SHORTEST), LONGEST) : 0;
}

/**
 * The sectors that are shown next: all that were chosen, then each of them that has incidents, and again.
 * @param {readonly string[]} chosen none means all @param {readonly string[]} shown now @param {readonly Group[]} groups with their counts
 */
export function nextSectors(chosen, shown, groups) {
  const alive = groups.filter(({ code, n }) => n > 0 && (!chosen.length || chosen.includes(code))).map(({ code }) => [code]);
  const stops = [chosen, ...(alive.length > 1 ? alive : [])];
  const at = stops.findIndex((stop) => stop.join() === shown.join());
  return stops[(at + 1) % stops.length] ?? chosen;
}
