/**
 * The address holds everything that is needed to see the same again: #map=7/45/38.9&sector=roads&window=7d&lang=ru.
 * MapLibre keeps `map`; the rest is kept here. The words are those of the tiles' own addresses.
 */

/** @import { Dimension, Language, Layer, Level, Measure, Order, Scheme, Tab, View } from "./state.js" */

export const DEFAULT_WINDOW = "30d";
/** @type {readonly Measure[]} */
export const MEASURES = ["count", "open", "overdue"];
/** @type {readonly Language[]} */
export const LANGUAGES = ["ru", "en"];
/** @type {readonly Tab[]} */
export const TABS = ["filters", "overview", "now", "analysis", "share"];
/** @type {readonly Layer[]} */
const LAYERS = ["hexes", "districts", "density"];
/** @type {readonly Level[]} */
const LEVELS = ["region", "district", "settlement"];
/** @type {readonly Order[]} */
const ORDERS = ["received", "due"];
/** @type {readonly Scheme[]} */
const SCHEMES = ["light", "dark"];
/** What incidents are broken down by. @type {readonly Dimension[]} */
export const DIMENSIONS = ["sector", "theme", "source", "agency", "status", "district", "deadline"];
/** Where two windows can be set side by side: of what came earlier more is handled by now, so states and deadlines say nothing. @type {readonly Dimension[]} */
export const COMPARABLE = ["sector", "theme", "source", "agency", "district"];
/** @type {readonly [Dimension, Dimension]} */
const CROSS = ["theme", "status"];
const COMPARED = /** @type {const} */ (["previous", "year"]);
/** In the address, a panel beside the map that is folded away. */
const NO_TAB = "none";
export const FILTERS = ["theme", "source", "agency", "status", "duplicates", "district", "cells"];
/** Parameters of tiles that a frame's address may bring along, and that say nothing of which incidents are counted. */
const NOT_COUNTED = ["compare", "measure", "breaks", "level", "fields", "frames", "meta"];
/** The service counts from 1970 in UTC; where clocks are ahead of it, the first whole day after is this one. */
const BEFORE_ALL = "1970-01-02";

/**
 * @param {string} hash with or without its #
 * @param {readonly string[]} preferred the reader's languages, most liked first
 * @param {boolean} dark whether the reader's system is set to dark
 * @returns {View}
 */
export function readView(hash, preferred, dark = false) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (/** @type {string} */ name) => given.get(name) ?? "";
  const dated = Boolean(text("from") || text("to"));
  return {
    sectors: text("sector").split(",").filter(Boolean),
    window: dated ? "" : text("window") || DEFAULT_WINDOW,
    from: text("from"),
    to: text("to"),
    around: dated ? text("around") : "",
    compare: oneOf(COMPARED, text("compare")) ?? "",
    measure: text("measure") || "count",
    breaks: text("breaks"),
    language: oneOf(LANGUAGES, text("lang")) ?? spoken(preferred),
    cell: text("cell"),
    incident: text("incident"),
    alert: /^\d{1,18}$/.test(text("alert")) ? text("alert") : "",
    filters: Object.fromEntries(FILTERS.filter((name) => text(name)).map((name) => [name, text(name)])),
    list: oneOf(ORDERS, text("list")) ?? "received",
    layer: oneOf(LAYERS, text("layer")) ?? "hexes",
    level: oneOf(LEVELS, text("level")) ?? "",
    tab: text("tab") === NO_TAB ? "" : (oneOf(TABS, text("tab")) ?? "overview"),
    scheme: oneOf(SCHEMES, text("scheme")) ?? (dark ? "dark" : "light"),
    look: oneOf(SCHEMES, text("scheme")) ?? "",
    by: oneOf(COMPARABLE, text("by")) ?? "sector",
    cross: crossed(text("cross")),
    worst: text("worst") === "1",
    channel: text("channel"),
    wide: text("wide") === "1",
  };
}

/**
 * The part after # that says what query and hash of an address say together; what stands in the hash wins.
 * @param {string} query with or without its ? @param {string} hash with or without its #
 */
export function queryIntoHash(query, hash) {
  const pairs = new Map([...new URLSearchParams(query), ...new URLSearchParams(hash.replace(/^#/, ""))]);
  return `#${[...pairs].map(([name, value]) => `${name}=${readable(value)}`).join("&")}`;
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
    ["around", view.around],
    ["compare", view.compare],
    ["measure", view.measure === "count" ? "" : view.measure],
    ["breaks", view.breaks],
    ...Object.entries(view.filters),
    ["layer", view.layer === "hexes" ? "" : view.layer],
    ["level", view.level],
    ["cell", view.cell],
    ["incident", view.incident],
    ["alert", view.alert],
    ["list", view.list === "received" ? "" : view.list],
    ["tab", view.tab === "overview" ? "" : view.tab || NO_TAB],
    ["by", view.by === "sector" ? "" : view.by],
    ["cross", String(view.cross) === String(CROSS) ? "" : view.cross.join(",")],
    ["worst", view.worst ? "1" : ""],
    ["channel", view.channel],
    ["wide", view.wide ? "1" : ""],
    ["scheme", view.look],
    ["lang", view.language],
  ];
  return `#${pairs
    .filter(([, value]) => value)
    .map(([name, value]) => `${name}=${readable(value ?? "")}`)
    .join("&")}`;
}

/**
 * The selection as the service's query string, without ?, with how it is coloured: for tiles and legend.
 * @param {View} view
 */
export function selectionQuery(view) {
  const query = counted(view);
  if (view.compare) query.set("compare", view.compare);
  if (view.measure !== "count") query.set("measure", view.measure);
  if (view.breaks) query.set("breaks", view.breaks);
  if (view.level && view.layer === "districts") query.set("level", view.level);
  return query.toString();
}

/**
 * Which incidents are counted, and no more: what the numbers beside the map depend on.
 * @param {View} view
 * @param {Readonly<Record<string, string>>} more further parameters of the question; "" takes one out
 */
export function countedQuery(view, more = {}) {
  const query = counted(view);
  for (const name of NOT_COUNTED) query.delete(name);
  for (const [name, value] of Object.entries(more)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return query.toString();
}

/** With what the numbers are compared where nothing is chosen: all data have no window before them. @param {View} view */
export function comparison({ window, compare }) {
  return window === "all" ? "" : compare || "previous";
}

/** @param {View} view */
function counted(view) {
  const query = new URLSearchParams();
  if (view.sectors.length) query.set("sector", view.sectors.join(","));
  for (const [name, value] of Object.entries(view.filters)) query.set(name, value);
  if (view.window === "all") query.set("from", BEFORE_ALL);
  else if (view.window) query.set("window", view.window);
  if (view.from) query.set("from", view.from);
  if (view.to) query.set("to", view.to);
  return query;
}

/** A place of the map as addresses have it. @param {number} zoom @param {{ lng: number, lat: number }} center */
export function placeText(zoom, { lng, lat }) {
  return `${zoom.toFixed(2)}/${lat.toFixed(4)}/${lng.toFixed(4)}`;
}

/** Two dimensions of a cross-table; the same twice would say nothing. @param {string} text @returns {readonly [Dimension, Dimension]} */
function crossed(text) {
  const [rows, columns] = text.split(",").map((code) => oneOf(DIMENSIONS, code));
  return rows && columns && rows !== columns ? [rows, columns] : CROSS;
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
