/** The bars of a timeline: what is handled, what is open, and the compared window as an outline behind them. */

/** @import { Bucket, Timeline } from "../page/answer_types.js" */
/** @import { Language } from "../page/state.js" */
import { svg } from "../charts/svg.js";
import { formatNumber } from "../words/i18n.js";
import { timeTicks, valueTicks } from "../charts/ticks.js";

/** Below the bars, for the labels, px. */
const AXIS = 18;
/** Room for a label, and above the bars, px. */
const LABEL = 62;
const TOP = 4;
/** Lines across the chart at most. */
const VALUES = 3;
const GAP = 0.18;

/**
 * @param {Pick<Timeline, "buckets" | "time_zone">} timeline @param {{ width: number, height: number, language: Language }} look
 * @returns {SVGElement}
 */
export function drawChart({ buckets, time_zone: timeZone }, { width, height, language }) {
  const values = valueTicks(Math.max(1, ...buckets.map(({ count, n_compared: before }) => Math.max(count, before ?? 0))), VALUES);
  const step = width / buckets.length;
  const floor = height - AXIS;
  const tall = (/** @type {number} */ value) => (value / (values.at(-1) ?? 1)) * (floor - TOP);
  const bars = buckets.flatMap((bucket, at) => bucketBars(bucket, at * step, step, floor, tall));
  return svg(
    "svg",
    { class: "timeline", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("line", { class: "axis", x1: 0, x2: width, y1: floor + 0.5, y2: floor + 0.5 }),
    ...values.map((value) => svg("line", { class: "axis grid", x1: 0, x2: width, y1: floor - tall(value), y2: floor - tall(value) })),
    ...bars,
    ...outline(buckets, step, floor, tall),
    ...timeAxis(buckets, timeZone, { width, height, language }),
    ...values.map((value) => text(2, floor - tall(value) + 9, "start", formatNumber(language, value))),
  );
}

/** Below the bars: where a span of time begins; in the middle of the bar where each has a label. @param {readonly Bucket[]} buckets @param {string} timeZone @param {{ width: number, height: number, language: Language }} look */
function timeAxis(buckets, timeZone, { width, height, language }) {
  const step = width / buckets.length;
  const ticks = timeTicks(buckets, { most: Math.floor(width / LABEL), language, timeZone });
  const middle = ticks.length === buckets.length ? step / 2 : 0;
  return ticks.flatMap(({ at, text: name }) => {
    const x = at * step + middle;
    const [anchor, place] = x < LABEL / 2 ? ["start", Math.max(x, 2)] : x > width - LABEL / 2 ? ["end", width - 2] : ["middle", x];
    const mark = svg("line", { class: "axis", x1: x, x2: x, y1: height - AXIS, y2: height - AXIS + 4 });
    return [mark, text(Number(place), height - 3, String(anchor), name)];
  });
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

/** @param {number} x @param {number} y @param {string} anchor @param {string} content */
function text(x, y, anchor, content) {
  const made = svg("text", { x, y, "text-anchor": anchor });
  made.textContent = content;
  return made;
}
