/** An alert's series as bars: of a long one several hours or days together, so that each bar can be seen. */

/** @import { Bucket } from "../page/answer_types.js" */
/** @import { AlertSeries } from "./alert_types.js" */

const STEP_MS = { hour: 3_600_000, day: 86_400_000 };
/** On a card as wide as the panel more could not be told apart. */
const MOST_BARS = 72;
/** Hours or days of a bar. */
const LENGTHS = [1, 2, 3, 6, 12, 24];
/** Beyond so many hours the time of day says less than the day. */
const HOURS_BY_DAY = 48;

/**
 * @param {AlertSeries} series
 * @returns {{ bucket: "hour" | "day", buckets: Bucket[] }} n_compared of a bucket is what would be usual in it
 */
export function barsOf({ bucket, buckets: all }) {
  const length = LENGTHS.find((one) => all.length / one <= MOST_BARS) ?? Math.ceil(all.length / MOST_BARS);
  const parts = Array.from({ length: Math.ceil(all.length / length) }, (_, at) => all.slice(at * length, (at + 1) * length));
  const buckets = parts.map(
    (part) =>
      /** @type {Bucket} */ ({
        from: part[0]?.from ?? "",
        to: new Date(Date.parse(part.at(-1)?.from ?? "") + STEP_MS[bucket]).toISOString(),
        count: sum(part.map(({ n }) => n)),
        n_compared: sum(part.map(({ expected }) => expected)),
        open: 0,
        overdue: 0,
        closed: 0,
        partial: part.length < length,
        share_closed: null,
        share_on_time: null,
        n_judged: 0,
        change: null,
      }),
  );
  return { bucket: all.length > HOURS_BY_DAY ? "day" : bucket, buckets };
}

/** @param {readonly number[]} values */
function sum(values) {
  return values.reduce((all, one) => all + one, 0);
}
