/**
 * The address holds everything that is needed to see the same again: #map=7/45/38.9&sector=roads&window=7d&lang=ru.
 * MapLibre keeps `map`; the rest is kept here. The words are those of the tiles' own addresses.
 */

/** @import { Language, Measure, View } from "./state.js" */

export const DEFAULT_WINDOW = "30d";
/** @type {readonly Measure[]} */
export const MEASURES = ["count", "open", "overdue"];
/** @type {readonly Language[]} */
export const LANGUAGES = ["ru", "en"];
const FILTERS = ["theme", "source", "agency", "status", "duplicates", "district"];
/** The service counts from 1970 in UTC; where clocks are ahead of it, the first whole day after is this one. */
const BEFORE_ALL = "1970-01-02";

/**
 * @param {string} hash with or without its #
 * @param {readonly string[]} preferred the reader's languages, most liked first
 * @returns {View}
 */
export function readView(hash, preferred) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (/** @type {string} */ name) => given.get(name) ?? "";
  const dated = Boolean(text("from") || text("to"));
  return {
    sectors: text("sector").split(",").filter(Boolean),
    window: dated ? "" : text("window") || DEFAULT_WINDOW,
    from: text("from"),
    to: text("to"),
    measure: oneOf(MEASURES, text("measure")) ?? "count",
    language: oneOf(LANGUAGES, text("lang")) ?? spoken(preferred),
    cell: text("cell"),
    filters: Object.fromEntries(FILTERS.filter((name) => text(name)).map((name) => [name, text(name)])),
    layer: "hexes",
    scheme: "light",
  };
}

/**
 * The address's part after #, with the map's own part as it was.
 * @param {View} view
 * @param {string} hash the present one
 */
export function writeView(view, hash) {
  const map = new URLSearchParams(hash.replace(/^#/, "")).get("map");
  const pairs = [
    ["map", map ?? ""],
    ["sector", view.sectors.join(",")],
    ["window", view.window === DEFAULT_WINDOW ? "" : view.window],
    ["from", view.from],
    ["to", view.to],
    ["measure", view.measure === "count" ? "" : view.measure],
    ...Object.entries(view.filters),
    ["cell", view.cell],
    ["lang", view.language],
  ];
  return `#${pairs.filter(([, value]) => value).map(([name, value]) => `${name}=${readable(value ?? "")}`).join("&")}`;
}

/**
 * The selection as the service's query string, without ?; the same for tiles, legend and summary.
 * @param {View} view
 */
export function selectionQuery(view) {
  const query = new URLSearchParams();
  if (view.sectors.length) query.set("sector", view.sectors.join(","));
  for (const [name, value] of Object.entries(view.filters)) query.set(name, value);
  if (view.window === "all") query.set("from", BEFORE_ALL);
  else if (view.window) query.set("window", view.window);
  if (view.from) query.set("from", view.from);
  if (view.to) query.set("to", view.to);
  if (view.measure !== "count") query.set("measure", view.measure);
  return query.toString();
}

/** @param {string} value  slashes and commas stay, for people read addresses */
export function readable(value) {
  return encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");
}

/**
 * @template {string} Choice
 * @param {readonly Choice[]} choices @param {string} value
 */
function oneOf(choices, value) {
  return choices.find((choice) => choice === value);
}

/** @param {readonly string[]} preferred the reader's languages, most liked first @returns {Language} */
export function spoken(preferred) {
  for (const tag of preferred) {
    const language = oneOf(LANGUAGES, tag.slice(0, 2).toLowerCase());
    if (language) return language;
  }
  return "en";
}
