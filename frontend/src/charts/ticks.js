/**
 * Where the axes of a timeline get their labels: at round values, and where an hour, day, week, month or year begins on the
 * service's clocks.
 *
 * d3-scale 4.0.2 would do the same for 15.4 kB gzip, but knows only UTC and the clocks of the reader's own machine.
 */

/** @import { Language } from "../page/state.js" */

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1 January 1970 was a Thursday. */
const MONDAY = 3;

/** A time of local clocks: ms since 1970 as if they showed UTC. @typedef {number} Local */
/** @typedef {{ at: number, text: string }} Tick at: the bucket that begins there */

/** @type {(hours: number) => (local: Local) => number} */
const hours = (count) => (local) => Math.floor(local / (count * HOUR_MS));
const month = (/** @type {Local} */ local) => new Date(local).getUTCFullYear() * 12 + new Date(local).getUTCMonth();

/** Numbers the spans of time, from the shortest: a tick stands where another span begins. @type {readonly ((local: Local) => number)[]} */
const SPANS = [
  ...[1, 2, 3, 6, 12, 24].map(hours),
  (local) => Math.floor((local / DAY_MS + MONDAY) / 7),
  month,
  (local) => Math.floor(month(local) / 3),
  (local) => new Date(local).getUTCFullYear(),
];

/**
 * The ticks of the shortest span of which no more than `most` begin.
 * @param {readonly { from: string }[]} buckets in their order; from: RFC 3339
 * @param {{ most: number, language: Language, timeZone: string }} how timeZone: of the service's clocks
 * @returns {Tick[]}
 */
export function timeTicks(buckets, { most, language, timeZone }) {
  // Written as 2026-11-30 05:00:00.
  const clocks = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
  const locals = buckets.map(({ from }) => Date.parse(`${clocks.format(Date.parse(from)).replace(" ", "T")}Z`));
  const [first = 0, second = first + DAY_MS] = locals;
  const before = (/** @type {number} */ at) => locals[at - 1] ?? 2 * first - second;
  const candidates = SPANS.map((span) => [...locals.keys()].filter((at) => span(locals[at] ?? 0) !== span(before(at))));
  const chosen = candidates.find((ats) => ats.length <= Math.max(1, most)) ?? [];
  return chosen.map((at) => ({
    at,
    text: labelOf(
      locals[at] ?? 0,
      chosen.map((one) => locals[one] ?? 0),
      language,
    ),
  }));
}

/** As short as the other labels allow. @param {Local} local @param {readonly Local[]} all @param {Language} language */
function labelOf(local, all, language) {
  const write = (/** @type {Intl.DateTimeFormatOptions} */ how) =>
    new Intl.DateTimeFormat(language, { timeZone: "UTC", hourCycle: "h23", ...how }).format(local);
  const date = new Date(local);
  const least = Math.min(...all.slice(1).map((one, index) => one - (all[index] ?? 0)));
  if (date.getUTCHours()) return write({ hour: "2-digit", minute: "2-digit" });
  if (least < 28 * DAY_MS || date.getUTCDate() > 7 || all.length === 1) return write({ day: "numeric", month: "short" });
  if (least >= 360 * DAY_MS) return write({ year: "numeric" });
  // Where January comes next, it names the year, and there would be no room for another one beside it.
  const isFirst = local === all[0] && new Date(all[1] ?? local).getUTCMonth() !== 0;
  return write(date.getUTCMonth() === 0 || isFirst ? { month: "short", year: "numeric" } : { month: "short" });
}

/**
 * Round values from above 0 to at least the greatest: multiples of 1, 2 or 5 times a power of ten.
 * @param {number} greatest @param {number} most how many at most @returns {number[]}
 */
export function valueTicks(greatest, most) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, greatest / most)));
  const step = [1, 2, 5, 10].map((times) => times * power).find((one) => Math.ceil(greatest / one) <= most) ?? 10 * power;
  return Array.from({ length: Math.max(1, Math.ceil(greatest / step)) }, (_, at) => (at + 1) * step);
}
