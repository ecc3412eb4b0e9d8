/** Drawing with SVG: making its elements, and the scales of small charts. */

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} tag @param {Record<string, string | number>} attributes @param {...Node} children @returns {SVGElement} */
export function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * A trend as a line without axes; what it says in words stands beside it.
 * @param {readonly number[]} values @param {number} width px @param {number} height px
 */
export function spark(values, width = 64, height = 18) {
  return svg(
    "svg",
    { class: "spark", width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    svg("polyline", { points: sparkPoints(values, width, height), fill: "none" }),
  );
}

/**
 * The line's points: the least possible value, 0, at the bottom.
 * @param {readonly number[]} values @param {number} width @param {number} height
 */
export function sparkPoints(values, width, height) {
  const most = Math.max(1, ...values);
  const step = values.length > 1 ? (width - 2) / (values.length - 1) : 0;
  return values.map((value, at) => `${round(1 + at * step)},${round(height - 1 - (value / most) * (height - 2))}`).join(" ");
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
