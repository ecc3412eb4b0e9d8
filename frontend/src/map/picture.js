/** The map as a picture for reports, of one size whatever the window's shape: title, choice, map, and beside it legend, totals and alerts. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { Legend, Named, PageStore, State } from "../page/state.js" */
/** @import { Pen } from "./picture_parts.js" */
/** @import { Still } from "./still.js" */
import { fetchLegend } from "../page/api.js";
import { POINTS_FROM_ZOOM } from "../page/hexagon.js";
import { fetchRegionName } from "../page/region_name.js";
import { greyZero } from "../page/zero_class.js";
import { formatMoment } from "../words/dates.js";
import { words } from "../words/i18n.js";
import { attributions } from "./attribution.js";
import { INKS } from "./inks.js";
import { drawAlerts, drawLegend, drawScale, drawTotals, FONT, headLines } from "./picture_parts.js";
import { drawStill } from "./still.js";
import { streetCredits } from "./streets.js";

/** Of the whole picture, px of a page; its pixels are twice as fine, so that it is sharp in print. */
const [WIDTH, HEIGHT, RATIO] = [1600, 1000, 2];
const MARGIN = 24;
/** Of the map in it. */
const MAP = { left: MARGIN, top: 104, width: 1216, height: 828 };
const COLUMN = { left: MAP.left + MAP.width + MARGIN, width: WIDTH - MAP.width - 3 * MARGIN };

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
  const state = store.get();
  const [still, region, sources] = await Promise.all([
    drawStill(map, state.view.layer, MAP, RATIO),
    fetchRegionName(state.view.filters["district"] ?? "").catch(() => null),
    attributions(state),
  ]);
  const canvas = new OffscreenCanvas(WIDTH * RATIO, HEIGHT * RATIO);
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("this browser draws no pictures");
  const inks = INKS[state.view.scheme];
  pen.scale(RATIO, RATIO);
  pen.fillStyle = inks.paper;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  pen.drawImage(still.image, MAP.left, MAP.top, MAP.width, MAP.height);
  pen.strokeStyle = inks.border;
  pen.strokeRect(MAP.left, MAP.top, MAP.width, MAP.height);
  pen.fillStyle = inks.text;
  pen.textBaseline = "alphabetic";
  const legend = await legendOf(state, still);
  drawHead(pen, state, legend, region);
  drawColumn(pen, state, legend);
  drawScale(pen, still, { left: MAP.left + 12, bottom: MAP.top + MAP.height - 12 }, state.view.language);
  drawFoot(pen, state, [...sources, ...streetCredits(map)]);
  return canvas.convertToBlob({ type: "image/png" });
}

/** Hexagons are as large, and so counted, as the picture's zoom has them. @param {State} state @param {Still} still @returns {Promise<Legend | null>} */
async function legendOf({ view, zoom, finer, legend, points, playing }, still) {
  const drawn = Math.max(0, Math.floor(still.zoom));
  if (points && drawn >= POINTS_FROM_ZOOM && !playing) return points;
  if (playing || !legend || drawn === zoom) return legend;
  return greyZero(await fetchLegend(view, { zoom: drawn, finer }, AbortSignal.timeout(10_000)), view.scheme);
}

/** @param {Pen} pen @param {State} state @param {Legend | null} legend @param {Named | null} region */
function drawHead(pen, state, legend, region) {
  const [title, choice] = headLines(state, legend, region);
  pen.font = `600 28px ${FONT}`;
  pen.fillText(title, MARGIN, 46, WIDTH - 2 * MARGIN);
  pen.font = `400 18px ${FONT}`;
  pen.fillText(choice, MARGIN, 80, WIDTH - 2 * MARGIN);
}

/** @param {Pen} pen @param {State} state @param {Legend | null} legend */
function drawColumn(pen, state, legend) {
  const { left, width } = COLUMN;
  let top = drawTotals(pen, state, { left, width, top: MAP.top });
  if (legend) top = drawLegend(pen, state, legend, { left, width, top: top + MARGIN });
  drawAlerts(pen, state, { left, width, top: top + MARGIN }, MAP.top + MAP.height);
}

/** Of when the numbers are, and whose. @param {Pen} pen @param {State} state @param {readonly string[]} sources */
function drawFoot(pen, { summary, view: { language } }, sources) {
  const { measures, synthetic } = words(language);
  pen.font = `400 14px ${FONT}`;
  if (summary) {
    const moment = `${measures.asOf} ${formatMoment(language, summary.generated_at, summary.time_zone)} (${summary.time_zone})`;
    pen.fillText([moment, ...(summary.synthetic ? [synthetic] : [])].join(" · "), MARGIN, HEIGHT - 42, WIDTH - 2 * MARGIN);
  }
  pen.fillText(sources.join(" · "), MARGIN, HEIGHT - 18, WIDTH - 2 * MARGIN);
}
