/** Narrowing the page to an alert's messages, and going back to what was chosen before. */

/** @import { View } from "../page/state.js" */
/** @import { Alert } from "../alerts/alert_types.js" */
import { FILTERS } from "../page/url.js";

const DAY_MS = 86_400_000;
/** Windows around an alert in the timeline, the first that holds it with as much again before it. @type {readonly [string, number][]} */
const AROUND = [
  ["7d", 7],
  ["30d", 30],
  ["12w", 84],
  ["1y", 365],
];

/** What of the view says which messages are shown, and how. */
const NARROWED = /** @type {const} */ ([
  "sectors",
  "filters",
  "window",
  "from",
  "to",
  "around",
  "compare",
  "measure",
  "breaks",
  "layer",
  "level",
]);

/** @typedef {Pick<Alert, "selection" | "since">} Focus */

/**
 * The view with the alert's own selection: its theme, district and time, as hexagons of messages.
 * @param {Focus} alert @param {number} now ms since 1970 @returns {Partial<View>}
 */
export function narrowedTo({ selection, since }, now) {
  const given = new URLSearchParams(selection);
  const text = (/** @type {string} */ name) => given.get(name) ?? "";
  // An alert counts near-duplicates once: the numbers beside the map then are its own.
  given.set("duplicates", "merge");
  const filters = Object.fromEntries(FILTERS.filter((name) => text(name)).map((name) => [name, text(name)]));
  const days = (now - Date.parse(since)) / DAY_MS;
  const [around] = AROUND.find(([, length]) => 2 * days <= length) ?? ["all"];
  return {
    sectors: text("sector").split(",").filter(Boolean),
    filters,
    window: text("from") ? "" : text("window"),
    from: text("from"),
    to: text("to"),
    around: text("from") ? around : "",
    compare: "",
    measure: "count",
    breaks: "",
    layer: "hexes",
    level: "",
  };
}

/** What of the view a narrowing changes, to be put back. @param {View} view @returns {Partial<View>} */
export function keptOf(view) {
  return Object.fromEntries(NARROWED.map((name) => [name, view[name]]));
}

/** Whether the view still shows what it was narrowed to: whoever has chosen something else since keeps that. @param {View} view @param {Partial<View>} narrowed */
export function isNarrowedTo(view, narrowed) {
  return JSON.stringify(keptOf(view)) === JSON.stringify(keptOf({ ...view, ...narrowed }));
}
