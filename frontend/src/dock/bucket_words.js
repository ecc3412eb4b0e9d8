/** The timeline in words: the whole in a sentence, a bucket, and a span of buckets. */

/** @import { Bucket, Timeline } from "../page/answer_types.js" */
/** @import { Language } from "../page/state.js" */
/** @import { Span } from "./span.js" */
import { counted, fill, formatNumber, words } from "../words/i18n.js";

/** @typedef {Pick<Timeline, "buckets" | "bucket" | "time_zone">} Buckets */

/** @param {Buckets} timeline @param {Language} language */
export function summaryOf({ buckets, bucket: kind, time_zone: timeZone }, language) {
  const { time, messages } = words(language);
  const day = (/** @type {string} */ instant) =>
    new Intl.DateTimeFormat(language, { timeZone, dateStyle: "medium" }).format(Date.parse(instant));
  const most = buckets.reduce((best, one) => (one.count > best.count ? one : best), buckets[0] ?? { count: 0, from: "" });
  const names = /** @type {Record<string, string>} */ (time.buckets);
  return fill(time.summary, {
    buckets: names[kind] ?? "",
    from: day(buckets[0]?.from ?? ""),
    to: day(buckets.at(-1)?.from ?? ""),
    most: counted(language, most.count, messages),
    when: day(most.from),
  });
}

/** @param {Buckets} timeline @param {number} at @param {Language} language */
export function bucketText(timeline, at, language) {
  const bucket = timeline.buckets[at];
  return bucket ? spanText(timeline, [at, at + 1], language) + (bucket.partial ? `; ${words(language).time.partial}` : "") : "";
}

/** When it is, and the numbers of its buckets together. @param {Buckets} timeline @param {Span} span @param {Language} language */
export function spanText({ buckets, bucket: kind, time_zone: timeZone }, [a, b], language) {
  const { time, messages } = words(language);
  const chosen = buckets.slice(a, b);
  const [first, last] = [chosen[0], chosen.at(-1)];
  if (!first || !last) return "";
  const hours =
    kind === "hour" ? /** @type {const} */ ({ hour: "2-digit", minute: "2-digit" }) : { year: /** @type {const} */ ("numeric") };
  const format = new Intl.DateTimeFormat(language, { timeZone, day: "numeric", month: "short", ...hours });
  const sum = (/** @type {(bucket: Bucket) => number | null} */ pick) => chosen.reduce((total, bucket) => total + (pick(bucket) ?? 0), 0);
  // An hour has an end worth saying; a day does not begin the next one.
  const when = format.formatRange(
    Date.parse(first.from),
    Math.max(Date.parse(first.from), Date.parse(last.to) - (kind === "hour" ? 0 : 1)),
  );
  const numbers = {
    n: counted(
      language,
      sum(({ count }) => count),
      messages,
    ),
    open: formatNumber(
      language,
      sum(({ open }) => open),
    ),
    overdue: formatNumber(
      language,
      sum(({ overdue }) => overdue),
    ),
  };
  const before = chosen.every(({ n_compared: n }) => n !== null)
    ? [
        fill(time.before, {
          n: formatNumber(
            language,
            sum(({ n_compared: n }) => n),
          ),
        }),
      ]
    : [];
  return [fill(time.bucket, { when, ...numbers }), ...before].join("; ");
}
