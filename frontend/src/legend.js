/** The legend: what each colour stands for, in numbers from the service. */

/** @import { Language, Legend, LegendClass, PageStore } from "./state.js" */
import { byId, element } from "./dom.js";
import { widthKm } from "./hexagon.js";
import { counted, fill, formatNumber, words } from "./i18n.js";

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
  const rows = legend.classes.map((row) => classRow(language, row));
  box.replaceChildren(
    element("h2", {}, dictionary.measure[legend.measure]),
    rows.length ? element("ol", {}, ...rows) : element("p", {}, dictionary.legendNothing),
    element("p", { class: "muted" }, `${counted(language, legend.cells, dictionary.legendCells)}. ${sizeText(language, legend)}`),
  );
}

/** @param {Language} language @param {LegendClass} row */
function classRow(language, row) {
  const swatch = element("span", { class: "swatch", "aria-hidden": "true" });
  swatch.style.backgroundColor = row.color;
  return element("li", {}, swatch, element("span", {}, rangeText(language, row)));
}

/** Both ends belong to the class. @param {Language} language @param {Pick<LegendClass, "from" | "to">} row */
export function rangeText(language, { from, to }) {
  return from === to ? formatNumber(language, from) : `${formatNumber(language, from)}–${formatNumber(language, to)}`;
}

/** @param {Language} language @param {Pick<Legend, "resolution">} legend */
export function sizeText(language, { resolution }) {
  const dictionary = words(language);
  const km = widthKm(resolution);
  const width = km < 1 ? `${formatNumber(language, Math.round(km * 100) * 10)} ${dictionary.metres}` : `${formatNumber(language, rounded(km))} ${dictionary.kilometres}`;
  return fill(dictionary.hexagonSize, { width, resolution });
}

/** Two figures are enough for "about". @param {number} km */
function rounded(km) {
  return Number(km.toPrecision(2));
}
