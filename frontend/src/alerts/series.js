/** An alert's hourly series as bars: of a long one several hours together, so that each bar can be seen. */

/** @import { Bucket } from "../page/answer_types.js" */
/** @import { AlertSeries } from "./alert_types.js" */

const HOUR_MS = 3_600_000;
/** On a card as wide as the panel more could not be told apart. */
const MOST_BARS = 72;
/** Hours of a bar. */
const LENGTHS = [1, 3, 6, 12, 24];

/**
 * @param {AlertSeries} series
 * @returns {{ bucket: "hour" | "day", buckets: Bucket[] }} n_compared of a bucket is what would be usual in it
 */
export function barsOf({ from, n, expected }) {
  const hours = LENGTHS.find((length) => n.length / length <= MOST_BARS) ?? Math.ceil(n.length / MOST_BARS);
  const start = Date.parse(from);
  const sum = (/** @type {readonly number[]} */ values, /** @type {number} */ at) => values.slice(at, at + hours).reduce((all, one) => all + one, 0);
  const at = Array.from({ length: Math.ceil(n.length / hours) }, (_, index) => index * hours);
  const instant = (/** @type {number} */ hour) => new Date(start + hour * HOUR_MS).toISOString();
  const buckets = at.map((hour) => /** @type {Bucket} */ ({
    from: instant(hour), to: instant(Math.min(hour + hours, n.length)), count: sum(n, hour), n_compared: sum(expected, hour), open: 0, overdue: 0, closed: 0,
    partial: hour + hours > n.length, share_closed: null, share_on_time: null, n_judged: 0, change: null,
  }));
  return { bucket: n.length > 48 ? "day" : "hour", buckets };
}
