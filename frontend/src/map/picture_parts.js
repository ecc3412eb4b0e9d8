/** What stands beside the map in a picture of it, and its scale. Each part returns where it ends, px. */

/** @import { Language, Legend, Named, State } from "../page/state.js" */
/** @import { Still } from "./still.js" */
import { ageText, countText, measureName, shownClasses } from "../choice/legend.js";
import { rangeText } from "../choice/ranges.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { selectionWords } from "../words/selection.js";

/** @typedef {OffscreenCanvasRenderingContext2D} Pen */
/** @typedef {{ left: number, top: number, width: number }} Place */

export const FONT = '"Noto Sans", system-ui, sans-serif';
const LINE = 22;
/** More alerts than these are no picture any more. */
const MOST_ALERTS = 4;
/** Of the Earth round the equator, m; and of the world at zoom 0, px. */
const [EARTH_M, WORLD_PX] = [40_075_016.686, 512];
/** Of the scale at most, px. */
const SCALE_PX = 160;

/**
 * What the picture shows, and how many incidents; and the choice, with the region's name.
 * @param {Pick<State, "view" | "summary" | "names">} state @param {Pick<Legend, "measure" | "label"> | null} legend @param {Named | null} region
 * @returns {[title: string, choice: string]}
 */
export function headLines(state, legend, region) {
  const { language } = state.view;
  const { messages, share, title } = words(language);
  const measure = legend && legend.measure !== "count" ? [title, measureName(language, legend)] : [share.pictureTitle];
  const total = state.summary ? [counted(language, state.summary.n, messages)] : [];
  return [[...measure, ...total].join(" · "), [...(region ? [region[language]] : []), ...selectionWords(state)].join(" · ")];
}

/** How many incidents came, are open, are overdue. @param {Pen} pen @param {State} state @param {Place} place */
export function drawTotals(pen, { summary, view: { language } }, { left, top, width }) {
  if (!summary) return top;
  const { measure } = words(language);
  const numbers = /** @type {const} */ ([
    [measure.count, summary.n],
    [measure.open, summary.open],
    [measure.overdue, summary.overdue],
  ]);
  for (const [at, [name, number]] of numbers.entries()) {
    const x = left + (at * width) / numbers.length;
    pen.font = `400 14px ${FONT}`;
    pen.fillText(name, x, top + 14, width / numbers.length - 8);
    pen.font = `600 24px ${FONT}`;
    pen.fillText(formatNumber(language, number), x, top + 42, width / numbers.length - 8);
  }
  return top + 46;
}

/** @param {Pen} pen @param {State} state @param {Legend} legend @param {Place} place */
export function drawLegend(pen, { points, view: { language } }, legend, { left, top, width }) {
  const ink = pen.fillStyle;
  // Incidents one by one are coloured by age.
  const single = legend === points;
  let y = drawText(pen, single ? words(language).measures.pointsTitle : measureName(language, legend), { left, top, width }, 600, 17);
  pen.font = `400 15px ${FONT}`;
  for (const row of shownClasses(legend)) {
    y += LINE;
    pen.fillStyle = row.color;
    pen.fillRect(left, y - 13, 30, 16);
    pen.fillStyle = ink;
    pen.fillText(single ? ageText(language, row) : rangeText(language, legend, row), left + 40, y, width - 90);
    pen.textAlign = "right";
    const many = row.incidents ?? row.cells ?? row.districts;
    if (many !== undefined) pen.fillText(formatNumber(language, many), left + width, y);
    pen.textAlign = "left";
  }
  return drawText(pen, single ? words(language).measures.pointsNote : countText(language, legend), { left, top: y + 6, width }, 400, 13);
}

/** The open alerts, as many as there is room for. @param {Pen} pen @param {State} state @param {Place} place @param {number} bottom */
export function drawAlerts(pen, { alerts, view: { language } }, { left, top, width }, bottom) {
  const found = alerts?.answer?.alerts ?? [];
  if (!found.length) return;
  const text = words(language).alerts;
  let y = drawText(pen, text.title, { left, top, width }, 600, 17);
  for (const [at, alert] of found.slice(0, MOST_ALERTS).entries()) {
    const place = { left, top: y + 8, width };
    const rest = found.length - at;
    if (y + 8 + heightOf(pen, alert.reason[language], width) > bottom - LINE)
      return void drawText(pen, fill(text.more, { n: formatNumber(language, rest) }), place, 400, 14);
    y = drawText(pen, alert.reason[language], place, 400, 14);
  }
  if (found.length > MOST_ALERTS)
    drawText(pen, fill(text.more, { n: formatNumber(language, found.length - MOST_ALERTS) }), { left, top: y + 8, width }, 400, 14);
}

/** A round length on the ground, over the map. @param {Pen} pen @param {Still} still @param {{ left: number, bottom: number }} corner @param {Language} language */
export function drawScale(pen, { zoom, lat }, { left, bottom }, language) {
  const metresPerPixel = (EARTH_M * Math.cos((lat * Math.PI) / 180)) / (WORLD_PX * 2 ** zoom);
  const power = 10 ** Math.floor(Math.log10(metresPerPixel * SCALE_PX));
  const metres = [5, 2, 1].map((times) => times * power).find((length) => length <= metresPerPixel * SCALE_PX) ?? power;
  const dictionary = words(language);
  const [unit, number] = metres < 1000 ? [dictionary.metres, metres] : [dictionary.kilometres, metres / 1000];
  pen.strokeStyle = pen.fillStyle;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(left, bottom - 6);
  pen.lineTo(left, bottom);
  pen.lineTo(left + metres / metresPerPixel, bottom);
  pen.lineTo(left + metres / metresPerPixel, bottom - 6);
  pen.stroke();
  pen.font = `400 14px ${FONT}`;
  pen.fillText(`${formatNumber(language, number)} ${unit}`, left + 6, bottom - 7);
}

/** A text in lines that fit. @param {Pen} pen @param {string} text @param {Place} place @param {number} weight @param {number} size px */
function drawText(pen, text, { left, top, width }, weight, size) {
  pen.font = `${weight} ${size}px ${FONT}`;
  const lines = linesOf(pen, text, width);
  for (const [at, line] of lines.entries()) pen.fillText(line, left, top + size + at * size * 1.3, width);
  return top + lines.length * size * 1.3;
}

/** Of a text of an alert, px. @param {Pen} pen @param {string} text @param {number} width */
function heightOf(pen, text, width) {
  pen.font = `400 14px ${FONT}`;
  return linesOf(pen, text, width).length * 14 * 1.3;
}

/** @param {Pick<Pen, "measureText">} pen @param {string} text @param {number} width @returns {string[]} */
export function linesOf(pen, text, width) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const longer = lines.length ? `${lines.at(-1)} ${word}` : word;
    if (lines.length && pen.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
