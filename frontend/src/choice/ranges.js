/** The range of a class in words: with as many decimals as tell the limits apart, and on which side of no change it lies. */

/** @import { Language, Legend, LegendClass } from "../page/state.js" */
import { fill, formatNumber, words } from "../words/i18n.js";
import { inPercent } from "../view/breaks.js";

const MOST_DECIMALS = 4;

/** @typedef {Pick<LegendClass, "class" | "from" | "to" | "name">} ClassRow */
/** @typedef {Pick<Legend, "measure" | "significance"> & { classes: readonly ClassRow[] }} Classed */

/**
 * Of whole numbers both ends belong to the class; else the upper one is where the next class begins.
 * @param {Language} language @param {Classed} legend @param {ClassRow} row one of its classes
 */
export function rangeText(language, legend, row) {
  if (row.name) return row.name[language];
  const { measure, significance } = legend;
  const times = inPercent(measure) ? 100 : 1;
  const format = (/** @type {number} */ value) => formatNumber(language, value, { maximumFractionDigits: decimalsOf(legend, times) });
  const [low, high] = [row.from, row.to].map((value) => format(value * times));
  const sign = times === 1 ? "" : percentSign(language);
  if (measure !== "change" || !significance) return low === high ? `${low}${sign}` : `${low}–${high}${sign}`;
  const { byChance, fewer, more, upTo } = words(language).measures;
  if (row.class === significance.class) return byChance;
  // How much fewer or more, the smaller number first.
  const below = row.class < significance.class;
  const ends = below ? [-row.to, -row.from] : [row.from, row.to];
  const [least, most] = ends.map((value) => format(value * times));
  const range = least === most ? `${most}${sign}` : ends[0] ? `${least}–${most}${sign}` : fill(upTo, { most: `${most}${sign}` });
  return fill(below ? fewer : more, { range });
}

/**
 * The fewest decimals with which no two limits look alike.
 * @param {Classed} legend @param {number} times what they are multiplied by before they are written
 */
function decimalsOf({ classes, measure, significance }, times) {
  const ends = classes.filter((row) => measure !== "change" || row.class !== significance?.class).flatMap(({ from, to }) => [from, to]);
  const limits = [...new Set(ends)].map((value) => value * times);
  for (let decimals = 0; decimals < MOST_DECIMALS; decimals += 1) {
    if (new Set(limits.map((value) => value.toFixed(decimals))).size === limits.length) return decimals;
  }
  return MOST_DECIMALS;
}

/** With the space that the language puts before it. @param {Language} language */
function percentSign(language) {
  const parts = new Intl.NumberFormat(language, { style: "percent" }).formatToParts(1);
  return parts
    .slice(parts.findIndex(({ type }) => type === "integer") + 1)
    .map(({ value }) => value)
    .join("");
}
