/**
 * The wider window in which a span of time is chosen: the timeline shows it all, and the chosen span in it. It stands in the
 * address as `around`, so that whoever opens the link sees the same timeline; without it a span of days has its own surroundings.
 */

/** @import { Summary, View } from "../page/state.js" */
/** @import { Ends } from "./span.js" */
import { addDays, dayOf, isDay } from "../words/dates.js";

const DAY_MS = 86_400_000;
/** Between the ends of a window that is no length back from now. */
const TO = ",";

/** @typedef {Pick<View, "window" | "from" | "to">} Window */
/** @typedef {Pick<Summary, "data" | "time_zone">} Known what is known of the data */

/**
 * What the timeline shows: as it stands in the address ("30d", "all", "2026-10-01,2026-11-01").
 * @param {Window & Pick<View, "around">} view @param {Known | null} known
 */
export function aroundOf({ window, from, to, around }, known) {
  if (window) return window;
  if (around) return around;
  return from && to && known ? surroundings({ from, to }, known).join(TO) : [from, to].join(TO);
}

/** The window that the text means. @param {string} around @returns {Window} */
export function windowOf(around) {
  const [from = "", to] = around.split(TO);
  return to === undefined ? { window: around, from: "", to: "" } : { window: "", from, to };
}

/**
 * The window to ask about: all data begin with the first of them, not with time.
 * @param {Window} window @param {Known | null} known @returns {Window}
 */
export function askedWindow(window, known) {
  if (window.window !== "all" || !known?.data.first || !known.data.last) return window;
  return { window: "", from: dayOf(known.data.first, known.time_zone), to: addDays(dayOf(known.data.last, known.time_zone), 1) };
}

/** As many days before and after, as far as there are data; the span itself in any case. @param {Ends} ends @param {Known} known @returns {[string, string]} */
function surroundings({ from, to }, { data: { first, last }, time_zone: timeZone }) {
  // What is no time is left to the service to refuse.
  if ([from, to].some((text) => Number.isNaN(Date.parse(text)))) return [from, to];
  const start = isDay(from) ? from : dayOf(from, timeZone);
  const end = isDay(to) ? to : addDays(dayOf(new Date(Date.parse(to) - 1).toISOString(), timeZone), 1);
  const days = Math.max(1, (Date.parse(end) - Date.parse(start)) / DAY_MS);
  const [least, most] = [first ? dayOf(first, timeZone) : start, last ? addDays(dayOf(last, timeZone), 1) : end];
  const [before, after] = [addDays(start, -days), addDays(end, days)];
  return [earlier(start, before > least ? before : least), earlier(most, after) > end ? earlier(most, after) : end];
}

/** @param {string} one day @param {string} other */
function earlier(one, other) {
  return one < other ? one : other;
}
