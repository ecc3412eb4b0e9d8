/** The map as a picture for reports: with its title, the choice in words, legend, scale and sources on it. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { PageStore, State } from "../page/state.js" */
import { ageText, countText, measureName, shownClasses } from "../choice/legend.js";
import { rangeText } from "../choice/ranges.js";
import { counted, formatNumber, words } from "../words/i18n.js";
import { selectionWords } from "../words/selection.js";
import { attributions } from "./attribution.js";
import { INKS } from "./inks.js";
import { POINTS_FROM_ZOOM } from "../page/hexagon.js";
import { streetCredits } from "./streets.js";

/** Pixels of the picture to one of the page, so that it is sharp in print. */
const RATIO = 2;
const [MARGIN, HEAD, FOOT, LINE] = [20, 78, 44, 20];
const FONT = '"Noto Sans", system-ui, sans-serif';

/** @param {MapLibreMap} map @param {PageStore} store */
export async function downloadPicture(map, store) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await pictureOf(map, store));
  link.download = `map-${new Date().toISOString().slice(0, 16).replace(":", "")}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** @param {MapLibreMap} map @param {PageStore} store @returns {Promise<Blob>} a PNG */
export async function pictureOf(map, store) {
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const ground = await groundOf(map);
  const canvas = new OffscreenCanvas(width * RATIO, (height + HEAD + FOOT) * RATIO);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser draws no pictures");
  const inks = INKS[store.get().view.scheme];
  pen.scale(RATIO, RATIO);
  pen.fillStyle = inks.paper;
  pen.fillRect(0, 0, width, height + HEAD + FOOT);
  // On a very large screen the map has fewer pixels than were wanted.
  pen.drawImage(ground, 0, HEAD, width, height);
  pen.textBaseline = "alphabetic";
  drawHead(pen, store.get(), width, inks.text);
  drawLegend(pen, store.get(), { right: width - MARGIN, bottom: HEAD + height - MARGIN }, inks);
  drawScale(pen, map, { left: MARGIN, bottom: HEAD + height - MARGIN }, inks, store.get());
  drawFoot(pen, store.get(), [...(await attributions(store.get())), ...streetCredits(map)], { width, top: HEAD + height, ink: inks.text });
  return canvas.convertToBlob({ type: "image/png" });
}

/** The map's own picture, drawn once more with finer pixels; it can be read only while it is being drawn. @param {MapLibreMap} map */
async function groundOf(map) {
  const before = map.getPixelRatio();
  map.setPixelRatio(RATIO);
  await Promise.race([map.once("idle"), new Promise((done) => setTimeout(done, 4000))]);
  /** @type {Promise<ImageBitmap>} */
  const read = new Promise((done, fail) => map.once("render", () => createImageBitmap(map.getCanvas()).then(done, fail)));
  map.triggerRepaint();
  const picture = await read;
  map.setPixelRatio(before);
  return picture;
}

/** @param {OffscreenCanvasRenderingContext2D} pen @param {State} state @param {number} width @param {string} ink */
function drawHead(pen, state, width, ink) {
  const { language } = state.view;
  const { summary, legend } = state;
  const dictionary = words(language);
  pen.fillStyle = ink;
  pen.font = `600 24px ${FONT}`;
  pen.fillText(legend ? `${dictionary.title}: ${measureName(language, legend)}` : dictionary.title, MARGIN, 34, width - 2 * MARGIN);
  pen.font = `400 15px ${FONT}`;
  const total = summary ? [counted(language, summary.n, dictionary.messages)] : [];
  pen.fillText([...selectionWords(state), ...total].join(" · "), MARGIN, 60, width - 2 * MARGIN);
}

/** @param {OffscreenCanvasRenderingContext2D} pen @param {State} state @param {{ right: number, bottom: number }} corner @param {import("./inks.js").Inks} inks */
function drawLegend(pen, { legend: ofAreas, points, zoom, view: { language } }, { right, bottom }, inks) {
  const single = zoom >= POINTS_FROM_ZOOM ? points : null;
  const legend = single ?? ofAreas;
  if (!legend) return;
  const rows = shownClasses(legend).map((row) => ({
    color: row.color,
    text: single ? ageText(language, row) : rangeText(language, legend, row),
    many: row.incidents ?? row.cells ?? row.districts,
  }));
  pen.font = `400 14px ${FONT}`;
  const below = (single ? words(language).measures.pointsTitle : countText(language, legend)).split(/[.(] ?/)[0] ?? "";
  const width = Math.max(150, ...[...rows.map(({ text }) => text), below].map((text) => pen.measureText(text).width + 104));
  const height = (rows.length + 1) * LINE + 20;
  pen.fillStyle = inks.paper;
  pen.globalAlpha = 0.92;
  pen.fillRect(right - width, bottom - height, width, height);
  pen.globalAlpha = 1;
  for (const [at, { color, text, many }] of rows.entries()) {
    const y = bottom - height + 12 + at * LINE;
    pen.fillStyle = color;
    pen.fillRect(right - width + 12, y, 26, 14);
    pen.fillStyle = inks.text;
    pen.fillText(text, right - width + 48, y + 12);
    pen.textAlign = "right";
    if (many !== undefined) pen.fillText(formatNumber(language, many), right - 12, y + 12);
    pen.textAlign = "left";
  }
  pen.fillText(below, right - width + 12, bottom - 12);
}

/** A round length on the ground. @param {OffscreenCanvasRenderingContext2D} pen @param {MapLibreMap} map @param {{ left: number, bottom: number }} corner @param {import("./inks.js").Inks} inks @param {State} state */
function drawScale(pen, map, { left, bottom }, inks, { view: { language } }) {
  const metresPerPixel = (40_075_016.686 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / (512 * 2 ** map.getZoom());
  const power = 10 ** Math.floor(Math.log10(metresPerPixel * 120));
  const metres = [5, 2, 1].map((times) => times * power).find((length) => length <= metresPerPixel * 120) ?? power;
  const dictionary = words(language);
  pen.strokeStyle = pen.fillStyle = inks.text;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.moveTo(left, bottom - 6);
  pen.lineTo(left, bottom);
  pen.lineTo(left + metres / metresPerPixel, bottom);
  pen.lineTo(left + metres / metresPerPixel, bottom - 6);
  pen.stroke();
  pen.font = `400 13px ${FONT}`;
  pen.fillText(
    metres < 1000 ? `${metres} ${dictionary.metres}` : `${formatNumber(language, metres / 1000)} ${dictionary.kilometres}`,
    left + 5,
    bottom - 6,
  );
}

/** Whose data, and of when. @param {OffscreenCanvasRenderingContext2D} pen @param {State} state @param {readonly string[]} sources @param {{ width: number, top: number, ink: string }} where */
function drawFoot(pen, { summary, view: { language } }, sources, { width, top, ink }) {
  if (!summary) return;
  const { measures, synthetic } = words(language);
  const asOf = new Intl.DateTimeFormat(language, { timeZone: summary.time_zone, dateStyle: "long", timeStyle: "short" }).format(
    Date.parse(summary.generated_at),
  );
  pen.fillStyle = ink;
  pen.font = `400 12px ${FONT}`;
  pen.fillText(
    [`${measures.asOf} ${asOf} (${summary.time_zone})`, ...(summary.synthetic ? [synthetic] : [])].join(" · "),
    MARGIN,
    top + 18,
    width - 2 * MARGIN,
  );
  pen.fillText(sources.join(" · "), MARGIN, top + 35, width - 2 * MARGIN);
}
