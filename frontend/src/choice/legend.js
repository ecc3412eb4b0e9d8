/** The legend: what each colour stands for, in numbers from the service. */

/** @import { Language, Legend, LegendClass, Measure, PageStore } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { widthKm } from "../map/hexagon.js";
import { counted, fill, formatMeasured, formatNumber, words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showLegend(store) {
  const draw = () => drawLegend(store);
  store.watch((state) => state.legend, draw);
  store.watch((state) => state.view.language, draw);
}

/** @param {PageStore} store */
function drawLegend(store) {
  const { legend, view } = store.get();
  const box = byId("legend");
  box.hidden = !legend;
  if (!legend) return;
  const { language } = view;
  const dictionary = words(language);
  box.setAttribute("aria-label", dictionary.legend);
  const rows = legend.classes.map((row) => classRow(language, legend, row));
  box.replaceChildren(
    element("h2", {}, measureName(language, legend)),
    rows.length ? element("ol", {}, ...rows) : element("p", {}, dictionary.legendNothing),
    element("p", { class: "muted" }, countText(language, legend)),
  );
}

/** The page's own word for the measure, else the service's. @param {Language} language @param {Pick<Legend, "measure" | "label">} legend */
export function measureName(language, { measure, label }) {
  return words(language).measure[/** @type {Measure} */ (measure)] ?? label[language];
}

/** How many areas are coloured, and how large they are where that is the same for all. @param {Language} language @param {Legend} legend */
export function countText(language, legend) {
  const { legendCells, legendDistricts } = words(language);
  if (legend.districts !== undefined) return counted(language, legend.districts, legendDistricts);
  return `${counted(language, legend.cells ?? 0, legendCells)}. ${sizeText(language, legend)}`;
}

/** @param {Language} language @param {Pick<Legend, "measure">} legend @param {LegendClass} row */
function classRow(language, { measure }, row) {
  const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.backgroundColor = row.color;
  return element("li", {}, swatch, element("span", {}, rangeText(language, measure, row)));
}

/** Of whole numbers both ends belong to the class. @param {Language} language @param {string} measure @param {Pick<LegendClass, "from" | "to">} row */
export function rangeText(language, measure, { from, to }) {
  const [low, high] = [from, to].map((value) => formatMeasured(language, measure, value));
  if (low === high) return `${low}`;
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
