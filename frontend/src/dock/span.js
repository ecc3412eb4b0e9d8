/** The buckets of a timeline and the span of them that is chosen: pure arithmetic. */

/** @import { Bucket } from "../page/answer_types.js" */

/** @typedef {{ from: string, to: string }} Ends as the address has them: days, or instants where hours matter */
/** @typedef {[number, number]} Span from the first bucket to before the last */

/**
 * Which buckets lie in a span of time; at least one.
 * @param {readonly Pick<Bucket, "from" | "to">[]} buckets @param {Ends} ends
 * @returns {Span}
 */
export function spanOf(buckets, { from, to }) {
  const [start, stop] = [instantOf(from, buckets), instantOf(to, buckets)];
  const first = buckets.findIndex((bucket) => Date.parse(bucket.to) > start);
  const last = buckets.findLastIndex((bucket) => Date.parse(bucket.from) < stop);
  const a = first < 0 ? 0 : first;
  return [a, Math.max(a + 1, last + 1)];
}

/**
 * The span as it stands in the address: days where the buckets begin at midnight, else instants in UTC.
 * @param {readonly Pick<Bucket, "from" | "to">[]} buckets @param {Span} span
 * @returns {Ends}
 */
export function endsOf(buckets, [a, b]) {
  const [from, to] = [buckets[a]?.from ?? "", buckets[b - 1]?.to ?? ""];
  if ([from, to].every((instant) => instant.slice(11, 19) === "00:00:00")) return { from: from.slice(0, 10), to: to.slice(0, 10) };
  return { from: utc(from), to: utc(to) };
}

/** Where a place along the chart lies. @param {number} share 0 to 1 @param {number} count of buckets */
export function bucketAt(share, count) {
  return Math.min(count - 1, Math.max(0, Math.floor(share * count)));
}

/** @param {string} instant */
function utc(instant) {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

/** A day means its beginning where the buckets' clocks stand. @param {string} text @param {readonly Pick<Bucket, "from">[]} buckets */
function instantOf(text, buckets) {
  const offset = /(?:Z|[+-]\d{2}:\d{2})$/.exec(buckets[0]?.from ?? "")?.[0] ?? "Z";
  return Date.parse(text.length === 10 ? `${text}T00:00:00${offset}` : text);
}

/**
 * Where an instant lies along the chart, 0 to 1; all buckets are drawn equally wide, however long they are.
 * @param {readonly Pick<Bucket, "from" | "to">[]} buckets @param {number} instant ms
 */
export function shareOfInstant(buckets, instant) {
  const at = buckets.findIndex(({ to }) => Date.parse(to) > instant);
  const bucket = buckets[at];
  if (!bucket) return 1;
  const [from, to] = [Date.parse(bucket.from), Date.parse(bucket.to)];
  return (at + Math.max(0, (instant - from) / (to - from))) / buckets.length;
}

/**
 * The buckets with the numbers of the compared window where a span of them has been compared; elsewhere there are none.
 * @template {Pick<Bucket, "from" | "n_compared">} Some
 * @param {readonly Some[]} buckets @param {readonly Pick<Bucket, "from" | "n_compared">[]} compared
 * @returns {Some[]}
 */
export function comparedOver(buckets, compared) {
  const numbers = new Map(compared.map(({ from, n_compared: before }) => [Date.parse(from), before]));
  return buckets.map((bucket) => ({ ...bucket, n_compared: numbers.get(Date.parse(bucket.from)) ?? null }));
}
