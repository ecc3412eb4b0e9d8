/** A number along months: a line with an axis in hours, a gap where it is not known, and a hollow point for what is not over. */

import { svg } from "./svg.js";
import { valueTicks } from "./ticks.js";

const [WIDTH, HEIGHT] = [480, 150];
const [LEFT, RIGHT, TOP, BOTTOM] = [34, 8, 8, 20];
const TICKS = 3;
/** Labels of months that have room. */
const MOST_LABELS = 6;

/** @typedef {{ value: number | null, label: string, partial: boolean }} TrendPoint */

/** @param {readonly TrendPoint[]} points @param {string} caption for who does not see it; the table beside it has the numbers @returns {HTMLElement} */
export function trendChart(points, caption) {
  const ticks = valueTicks(Math.max(1, ...points.map(({ value }) => value ?? 0)), TICKS);
  const most = ticks.at(-1) ?? 1;
  const x = (/** @type {number} */ at) => LEFT + (points.length > 1 ? (at / (points.length - 1)) * (WIDTH - LEFT - RIGHT) : 0);
  const y = (/** @type {number} */ value) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM);
  const step = Math.max(1, Math.ceil(points.length / MOST_LABELS));
  const chart = svg(
    "svg",
    { class: "trend", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": caption },
    ...[0, ...ticks].flatMap((tick) => [
      svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y(tick), y2: y(tick) }),
      text(String(tick), LEFT - 4, y(tick) + 4, "end"),
    ]),
    ...runs(points).map((run) =>
      svg("polyline", { fill: "none", points: run.map((at) => `${x(at)},${y(points[at]?.value ?? 0)}`).join(" ") }),
    ),
    ...points.flatMap(({ value, partial }, at) =>
      value === null ? [] : [svg("circle", { cx: x(at), cy: y(value), r: 2.5, class: partial ? "partial" : "" })],
    ),
    ...points.flatMap(({ label }, at) => (at % step ? [] : [text(label, x(at), HEIGHT - 5, at ? "middle" : "start")])),
  );
  return /** @type {HTMLElement} */ (/** @type {unknown} */ (chart));
}

/** Stretches of points without a gap, as their positions. @param {readonly TrendPoint[]} points @returns {number[][]} */
export function runs(points) {
  /** @type {number[][]} */
  const found = [];
  for (const [at, { value }] of points.entries()) {
    if (value === null) continue;
    if (at && points[at - 1]?.value !== null && found.length) found.at(-1)?.push(at);
    else found.push([at]);
  }
  return found;
}

/** @param {string} content @param {number} x @param {number} y @param {string} anchor */
function text(content, x, y, anchor) {
  return svg("text", { x, y, "text-anchor": anchor }, document.createTextNode(content));
}
