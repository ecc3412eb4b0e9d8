/** The legend: what each colour stands for and how many areas have it, in numbers from the service; a class can be picked out. */

/** @import { Language, Legend, LegendClass, PageStore, Playing } from "../page/state.js" */
import { icon } from "../charts/icons.js";
import { byId, element, nameButton, patch } from "../page/dom.js";
import { POINTS_FROM_ZOOM, widthKm } from "../page/hexagon.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { selectionOf } from "../page/refresh.js";
import { rangeText } from "./ranges.js";

/** More rows than these would cover the map. */
const MOST_NAMED = 7;

/** @typedef {{ light: (lit: number | null) => void, pin: (lit: number) => void, pinned: number | null }} Lights picking out a class of areas */
/** @typedef {{ lights: Lights, folded: boolean, fold: () => void }} Row what the legend of a page can do that is a row below the map */

/**
 * @param {PageStore} store
 * @param {boolean} [pressable] whether a class can be picked out: pointed at or focused for a while, pressed until it is pressed again
 */
export function showLegend(store, pressable = false) {
  const lights = pressable ? lightsOf(store) : null;
  let folded = false;
  const fold = () => {
    folded = !folded;
    redraw();
  };
  const redraw = () => drawLegend(store, lights ? { lights: lights(), folded, fold } : null);
  store.watch((state) => state.legend, redraw);
  store.watch((state) => state.view.language, redraw);
  store.watch((state) => state.playing?.classes, redraw);
  store.watch((state) => state.points, redraw);
  store.watch((state) => state.zoom >= POINTS_FROM_ZOOM, redraw);
  if (pressable) store.watch((state) => state.lit, redraw);
}

/** @param {PageStore} store @returns {() => Lights} */
function lightsOf(store) {
  /** @type {number | null} */
  let pinned = null;
  const light = (/** @type {number | null} */ lit) => store.set({ lit });
  const pin = (/** @type {number} */ one) => {
    pinned = pinned === one ? null : one;
    light(pinned);
  };
  // Other classes have other areas.
  store.watch(selectionOf, () => {
    pinned = null;
    light(null);
  });
  return () => ({ light: (lit) => light(lit ?? pinned), pin, pinned });
}

/** @param {PageStore} store @param {Row | null} row */
function drawLegend(store, row) {
  const { legend, playing, points, view, zoom } = store.get();
  const box = byId("legend");
  box.hidden = !legend;
  if (!legend) return;
  const { language } = view;
  const dictionary = words(language);
  box.setAttribute("aria-label", dictionary.legend);
  box.toggleAttribute("data-folded", Boolean(row?.folded));
  const fold = row ? [foldButton(language, row)] : [];
  // Where incidents stand one by one the areas have no colours.
  if (points && zoom >= POINTS_FROM_ZOOM && !playing) return patch(box, [...pointRows(language, points), ...fold]);
  const rows = playing
    ? playedRows(language, playing)
    : shownClasses(legend).map((one) => classRow(language, legend, one, row?.lights ?? null));
  patch(box, [
    element("h2", { title: countText(language, legend) }, measureName(language, legend)),
    rows.length ? element("ol", { "data-same": "classes" }, ...rows) : element("p", {}, dictionary.legendNothing),
    // What a colour means is no detail there.
    ...(playing || !legend.kernel_km ? [] : [element("p", { class: "muted" }, countText(language, legend))]),
    ...(playing ? [] : withoutValue(language, legend)),
    ...fold,
  ]);
}

/** @param {Language} language @param {Row} row */
function foldButton(language, { folded, fold }) {
  const { legendFold, legendUnfold } = words(language);
  const made = element("button", { type: "button", class: "sign-button", "data-key": "fold", onclick: fold });
  made.setAttribute("aria-expanded", String(!folded));
  nameButton(made, icon(folded ? "right" : "down"), folded ? legendUnfold : legendFold);
  return made;
}

/** Of many classes with names only those that are on the map. @param {Legend} legend */
export function shownClasses({ classes }) {
  return classes.length > MOST_NAMED ? classes.filter((row) => row.cells || row.districts) : classes;
}

/** The page's own word for the measure, else the service's. @param {Language} language @param {Pick<Legend, "measure" | "label" | "kernel_km">} legend */
export function measureName(language, { measure, label, kernel_km: smoothed }) {
  if (smoothed) return `${label[language]}: ${words(language).measures.names[/** @type {"count"} */ (measure)]}`;
  const names = /** @type {Record<string, string>} */ (words(language).measures.names);
  return names[measure] ?? label[language];
}

/** How many areas are coloured, and how large they are where that is the same for all. @param {Language} language @param {Legend} legend */
export function countText(language, legend) {
  const { legendCells, legendDistricts } = words(language);
  if (legend.kernel_km) return fill(words(language).measures.smoothed, { width: kmText(language, legend.kernel_km) });
  if (legend.districts !== undefined) return counted(language, legend.districts, legendDistricts);
  return `${counted(language, legend.cells ?? 0, legendCells)}. ${sizeText(language, legend)}`;
}

/** @param {Language} language @param {Legend} legend */
function withoutValue(language, { measure, without_value: number = 0 }) {
  const { withoutValue: none, newlyGrown } = words(language).measures;
  return number ? [element("p", { class: "muted" }, counted(language, number, measure === "change" ? newlyGrown : none))] : [];
}

/** @param {Language} language @param {Legend} legend @param {LegendClass} row @param {Lights | null} lights */
function classRow(language, legend, row, lights) {
  const number = row.cells ?? row.districts;
  const many = element(
    "span",
    { class: "many", title: number === undefined ? "" : fill(words(language).measures.inClass, { n: number }) },
    number === undefined ? "" : formatNumber(language, number),
  );
  const key = `class ${row.class}`;
  const text = rangeText(language, legend, row);
  if (!lights) return element("li", { "data-same": key }, swatch(row.color), element("span", { class: "range" }, text), " ", many);
  const range = element(
    "button",
    { type: "button", class: "range", "data-key": `${key} range`, "aria-pressed": String(lights.pinned === row.class) },
    text,
  );
  const made = element("li", { "data-same": key }, swatch(row.color), range, " ", many);
  const on = () => lights.light(row.class);
  const off = () => lights.light(null);
  range.addEventListener("click", () => lights.pin(row.class));
  for (const [target, begin, end] of /** @type {const} */ ([
    [made, "pointerenter", "pointerleave"],
    [range, "focus", "blur"],
  ])) {
    target.addEventListener(begin, on);
    target.addEventListener(end, off);
  }
  return made;
}

/** How old the incidents of a class are. @param {Language} language @param {Pick<LegendClass, "class">} row */
export function ageText(language, row) {
  const { ages } = words(language).measures;
  return [ages.today, ages.days3, ages.week, ages.month, ages.older][row.class] ?? "";
}

/** Incidents one by one, by their age. @param {Language} language @param {Legend} points */
function pointRows(language, { classes }) {
  const { pointsTitle, pointsNote, overdueRing } = words(language).measures;
  const rows = classes
    .filter(({ incidents }) => incidents)
    .map((row) =>
      element(
        "li",
        {},
        swatch(row.color, "point"),
        element("span", { class: "range" }, ageText(language, row)),
        " ",
        element("span", { class: "many" }, formatNumber(language, row.incidents ?? 0)),
      ),
    );
  return [
    element("h2", {}, pointsTitle),
    element(
      "ol",
      {},
      ...rows,
      element(
        "li",
        {},
        element("span", { class: "swatch point overdue", "aria-hidden": "true" }),
        element("span", { class: "range" }, overdueRing),
      ),
    ),
    element("p", { class: "muted" }, pointsNote),
  ];
}

/** Classes of a playback: from each limit on. @param {Language} language @param {Playing} playing */
function playedRows(language, { classes }) {
  return classes.map(({ from, color }, at) => {
    const last = (classes[at + 1]?.from ?? Infinity) - 1;
    const text =
      last === from
        ? formatNumber(language, from)
        : last === Infinity
          ? `≥ ${formatNumber(language, from)}`
          : `${formatNumber(language, from)}–${formatNumber(language, last)}`;
    return element("li", {}, swatch(color), element("span", { class: "range" }, text));
  });
}

/** @param {string} color @param {string} [kind] */
function swatch(color, kind = "") {
  const made = element("span", { class: `swatch ${kind}`, "aria-hidden": "true" });
  made.style.backgroundColor = color;
  return made;
}

/** @param {Language} language @param {Pick<Legend, "resolution">} legend */
function sizeText(language, { resolution = 0 }) {
  return fill(words(language).hexagonSize, { width: widthText(language, resolution), resolution });
}

/** How wide a hexagon is. @param {Language} language @param {number} resolution of H3 */
export function widthText(language, resolution) {
  return kmText(language, widthKm(resolution));
}

/** @param {Language} language @param {number} km */
function kmText(language, km) {
  const dictionary = words(language);
  return km < 1
    ? `${formatNumber(language, Math.round(km * 100) * 10)} ${dictionary.metres}`
    : `${formatNumber(language, rounded(km))} ${dictionary.kilometres}`;
}

/** Two figures are enough for "about". @param {number} km */
function rounded(km) {
  return Number(km.toPrecision(2));
}
