/** The bars of a timeline: what is handled, what is open, and the compared window as an outline behind them. */

/** @import { Bucket, Timeline } from "../page/answer_types.js" */
/** @import { Language } from "../page/state.js" */
import { niceMax, svg } from "../charts/svg.js";
import { formatNumber } from "../words/i18n.js";
import { labelled } from "../charts/ticks.js";

/** Below the bars, for the labels, px. */
const AXIS = 18;
const LABEL = 62;
const GAP = 0.18;

/** @type {Record<string, Intl.DateTimeFormatOptions>} */
const LABELS = {
  hour: { hour: "2-digit", minute: "2-digit" },
  day: { day: "numeric", month: "short" },
  week: { day: "numeric", month: "short" },
  month: { month: "short", year: "2-digit" },
};

/**
 * @param {Pick<Timeline, "buckets" | "bucket" | "time_zone">} timeline @param {{ width: number, height: number, language: Language }} look
 * @returns {SVGElement}
 */
export function drawChart({ buckets, bucket: kind, time_zone: timeZone }, { width, height, language }) {
  const most = niceMax(Math.max(1, ...buckets.map(({ count, n_compared: before }) => Math.max(count, before ?? 0))));
  const step = width / buckets.length;
  const floor = height - AXIS;
  const tall = (/** @type {number} */ value) => (value / most) * (floor - 10);
  const bars = buckets.flatMap((bucket, at) => bucketBars(bucket, at * step, step, floor, tall));
  const format = new Intl.DateTimeFormat(language, { ...(LABELS[kind] ?? LABELS["day"]), timeZone });
  const named = labelled(buckets.length, width, LABEL).map((at) => ({ at, name: format.format(Date.parse(buckets[at]?.from ?? "")) }));
  // Bars of some hours of the same day would be named alike.
  const labels = named
    .filter(({ name }, index) => name !== named[index - 1]?.name)
    .map(({ at, name }) => text((at + 0.5) * step, height - 4, at === 0 ? "start" : "middle", name, at === 0 ? 2 : 0));
  return svg(
    "svg",
    { class: "timeline", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("line", { class: "axis", x1: 0, x2: width, y1: floor + 0.5, y2: floor + 0.5 }),
    ...bars,
    ...outline(buckets, step, floor, tall),
    ...labels,
    text(2, 9, "start", formatNumber(language, most)),
  );
}

/** @param {Bucket} bucket @param {number} left @param {number} step @param {number} floor @param {(value: number) => number} tall */
function bucketBars(bucket, left, step, floor, tall) {
  const x = left + (step * GAP) / 2;
  const width = Math.max(0.7, step * (1 - GAP));
  const part = (/** @type {string} */ name, /** @type {number} */ below, /** @type {number} */ value) =>
    value
      ? [
          svg("rect", {
            class: `${name}${bucket.partial ? " partial" : ""}`,
            x,
            width,
            y: floor - tall(below + value),
            height: Math.max(0.7, tall(value)),
          }),
        ]
      : [];
  const handled = bucket.count - bucket.open;
  return [...part("handled", 0, handled), ...part("open", handled, bucket.open)];
}

/** Steps over what has been compared, with gaps where nothing has. @param {readonly Bucket[]} buckets @param {number} step @param {number} floor @param {(value: number) => number} tall */
function outline(buckets, step, floor, tall) {
  let joined = false;
  const d = buckets
    .map(({ n_compared: before }, at) => {
      const sign = joined ? "L" : "M";
      joined = before !== null;
      return before === null ? "" : `${sign}${at * step},${floor - tall(before)}h${step}`;
    })
    .join("");
  return d ? [svg("path", { class: "before", d, fill: "none" })] : [];
}

/** @param {number} x @param {number} y @param {string} anchor @param {string} content @param {number} [at] */
function text(x, y, anchor, content, at = x) {
  const made = svg("text", { x: anchor === "start" ? at : x, y, "text-anchor": anchor });
  made.textContent = content;
  return made;
}
