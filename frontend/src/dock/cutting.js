/** How a window is cut into frames for playback: whole hours, days or weeks, so that a frame has a name people use. */

/** @import { Summary } from "../page/state.js" */
/** @import { Ends } from "./span.js" */
import { addDays, dayOf } from "../words/dates.js";

const HOUR_MS = 3_600_000;
const DAY_H = 24;
/** Lengths of frames, h: hours, quarters of days, days, pairs of days, weeks. */
const STEPS_H = [1, 6, DAY_H, 2 * DAY_H, 7 * DAY_H];
/** So many are seen to the end. */
const MOST = 60;
const LEAST = 2;

/** @typedef {Ends & { frames: number }} Cut */

/**
 * The window's frames. They begin at full hours, or at midnight where they are longer than an hour; what of the beginning fills no
 * frame is left out, and the last one may reach into what is to come.
 * @param {Pick<Summary, "window" | "data" | "time_zone">} summary @param {number} now ms
 * @returns {Cut}
 */
export function cutWindow({ window, data, time_zone: timeZone }, now) {
  const [start, stop] = withinData(window, data, now);
  const hours = (stop - start) / HOUR_MS;
  const step = STEPS_H.find((one) => hours / one <= MOST);
  if (step === undefined) return { from: instant(start), to: instant(stop), frames: MOST };
  if (step === 1) return byHours(start, Math.ceil(stop / HOUR_MS));
  const to = addDays(dayOf(instant(stop - 1), timeZone), 1);
  const unit = Math.max(1, step / DAY_H);
  const days = Math.floor((Date.parse(to) - dayMs(start, timeZone)) / (DAY_H * HOUR_MS) / unit) * unit;
  return { from: addDays(to, -days), to, frames: (days * DAY_H) / step };
}

/** @param {number} start ms @param {number} end hours since 1970 @returns {Cut} */
function byHours(start, end) {
  const frames = Math.max(LEAST, Math.floor(end - start / HOUR_MS));
  return { from: instant((end - frames) * HOUR_MS), to: instant(end * HOUR_MS), frames };
}

/** A window that reaches beyond the data is as long as they are. @param {Ends} window @param {Summary["data"]} data @param {number} now ms @returns {[number, number]} ms */
function withinData({ from, to }, { first, last }, now) {
  const [start, stop] = [Date.parse(from), Date.parse(to)];
  if (!first || !last) return [start, stop];
  return [Math.max(start, Date.parse(first)), stop > now + HOUR_MS ? Math.min(stop, Date.parse(last) + 1000) : stop];
}

/** The instant as if the clocks there were those of UTC, ms. @param {number} ms @param {string} timeZone */
function dayMs(ms, timeZone) {
  const text = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" }).format(ms);
  return Date.parse(`${text.replace(" ", "T")}Z`);
}

/** @param {number} ms */
function instant(ms) {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
