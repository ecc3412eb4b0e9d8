/** The legend: what each colour stands for and how many areas have it, in numbers from the service. */

/** @import { Language, Legend, LegendClass, Measure, PageStore, Playing } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { widthKm } from "../map/hexagon.js";
import { POINTS_FROM_ZOOM } from "../map/points.js";
import { counted, fill, formatMeasured, formatNumber, words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showLegend(store) {
  const draw = () => drawLegend(store);
  store.watch((state) => state.legend, draw);
  store.watch((state) => state.view.language, draw);
  store.watch((state) => state.playing?.query, draw);
  store.watch((state) => state.points, draw);
  store.watch((state) => state.zoom >= POINTS_FROM_ZOOM, draw);
}

/** @param {PageStore} store */
function drawLegend(store) {
  const { legend, playing, points, view, zoom } = store.get();
  const box = byId("legend");
  box.hidden = !legend;
  if (!legend) return;
  const { language } = view;
  const dictionary = words(language);
  box.setAttribute("aria-label", dictionary.legend);
  const rows = playing ? playedRows(language, playing) : legend.classes.map((row) => classRow(language, legend, row));
  box.replaceChildren(
    element("h2", {}, measureName(language, legend)),
    rows.length ? element("ol", {}, ...rows) : element("p", {}, dictionary.legendNothing),
    ...(playing ? [] : [element("p", { class: "muted" }, countText(language, legend)), ...withoutValue(language, legend)]),
    ...(points && zoom >= POINTS_FROM_ZOOM && !playing ? pointRows(language, points) : []),
  );
}

/** The page's own word for the measure, else the service's. @param {Language} language @param {Pick<Legend, "measure" | "label">} legend */
export function measureName(language, { measure, label }) {
  const names = /** @type {Record<string, string>} */ (words(language).measures.names);
  return words(language).measure[/** @type {Measure} */ (measure)] ?? names[measure] ?? label[language];
}

/** How many areas are coloured, and how large they are where that is the same for all. @param {Language} language @param {Legend} legend */
export function countText(language, legend) {
  const { legendCells, legendDistricts } = words(language);
  if (legend.districts !== undefined) return counted(language, legend.districts, legendDistricts);
  return `${counted(language, legend.cells ?? 0, legendCells)}. ${sizeText(language, legend)}`;
}

/** @param {Language} language @param {Legend} legend */
function withoutValue(language, { without_value: number = 0 }) {
  return number ? [element("p", { class: "muted" }, counted(language, number, words(language).measures.withoutValue))] : [];
}

/** @param {Language} language @param {Legend} legend @param {LegendClass} row */
function classRow(language, { measure, significance }, row) {
  const { byChance, inClass } = words(language).measures;
  const chance = significance?.class === row.class;
  const number = row.cells ?? row.districts ?? 0;
  const many = element("span", { class: "many", title: fill(inClass, { n: number }) }, formatNumber(language, number));
  return element("li", {}, swatch(row.color), element("span", { class: "range" }, chance ? byChance : rangeText(language, measure, row)), " ", many);
}

/** Incidents one by one, by their age. @param {Language} language @param {Legend} points */
function pointRows(language, { classes }) {
  const { ages, pointsTitle, overdueRing } = words(language).measures;
  const names = [ages.today, ages.days3, ages.week, ages.month, ages.older];
  const rows = classes.filter(({ incidents }) => incidents).map((row) => element("li", {}, swatch(row.color, "point"), element("span", { class: "range" }, names[row.class] ?? ""), " ", element("span", { class: "many" }, formatNumber(language, row.incidents ?? 0))));
  return [element("h2", {}, pointsTitle), element("ol", {}, ...rows, element("li", {}, element("span", { class: "swatch point overdue", "aria-hidden": "true" }), element("span", { class: "range" }, overdueRing)))];
}

/** Classes of a playback: from each limit on. @param {Language} language @param {Playing} playing */
function playedRows(language, { classes }) {
  return classes.map(({ from, color }, at) => {
    const last = (classes[at + 1]?.from ?? Infinity) - 1;
    const text = last === from ? formatNumber(language, from) : last === Infinity ? `≥ ${formatNumber(language, from)}` : `${formatNumber(language, from)}–${formatNumber(language, last)}`;
    return element("li", {}, swatch(color), element("span", { class: "range" }, text));
  });
}

/** @param {string} color @param {string} [kind] */
function swatch(color, kind = "") {
  const made = element("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  made.style.backgroundColor = color;
  return made;
}

/** Of whole numbers both ends belong to the class. @param {Language} language @param {string} measure @param {Pick<LegendClass, "from" | "to">} row */
export function rangeText(language, measure, { from, to }) {
  const [low, high] = [from, to].map((value) => formatMeasured(language, measure, value));
  if (low === high) return `${low}`;
  if (measure === "change") return `${low} … ${high}`;
  // One sign of per cent is enough for both.
  return measure.startsWith("share") ? `${formatNumber(language, Math.round(from * 100))}–${high}` : `${low}–${high}`;
}

/** @param {Language} language @param {Pick<Legend, "resolution">} legend */
export function sizeText(language, { resolution = 0 }) {
  const dictionary = words(language);
  const km = widthKm(resolution);
  const width = km < 1 ? `${formatNumber(language, Math.round(km * 100) * 10)} ${dictionary.metres}` : `${formatNumber(language, rounded(km))} ${dictionary.kilometres}`;
  return fill(dictionary.hexagonSize, { width, resolution });
}

/** Two figures are enough for "about". @param {number} km */
function rounded(km) {
  return Number(km.toPrecision(2));
}
