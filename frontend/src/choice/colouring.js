/** What the map is coloured by: areas, measure, comparison and classes. Only what goes together can be chosen. */

/** @import { Layer, PageStore, View } from "../page/state.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";
import { divisionOf, DIVISIONS, readLimits } from "./breaks.js";

/** @type {readonly Layer[]} */
const LAYERS = ["hexes", "districts"];
/** Rates that need residents or an area. */
const OF_DISTRICTS = ["per_1000", "per_km2"];

/** @typedef {import("../words/i18n.js").Dictionary["measures"]} Words */

/** @param {PageStore} store */
export function showColouring(store) {
  const layers = element("div", { class: "choices", role: "group" });
  const [measure, compare, breaks] = ["measure", "compare", "breaks"].map((id) => element("select", { id }));
  const limits = element("input", { id: "limits", type: "text", inputmode: "decimal", autocomplete: "off" });
  const wrong = element("p", { id: "limits-wrong", class: "wrong", role: "alert", hidden: true });
  if (!measure || !compare || !breaks) return;
  const rows = [measure, compare, breaks].map((select) => element("label", { class: "row", for: select.id }, element("span", {}), select));
  const limitsRow = element("label", { class: "row", for: "limits" }, element("span", {}), limits);
  byId("colouring").append(element("h2", { id: "colouring-title" }), layers, ...rows, limitsRow, wrong);
  layers.setAttribute("aria-labelledby", "colouring-title");
  let own = false;

  /** @param {Partial<View>} change */
  const choose = (change) => store.set({ view: { ...store.get().view, ...change } });
  const draw = () => {
    const { view } = store.get();
    const { measures } = words(view.language);
    byId("colouring-title").textContent = measures.title;
    replaceButtons(layers, LAYERS.map((layer) => layerButton(view, layer, measures, () => choose(ofLayer(store.get().view, layer)))));
    const division = own ? "own" : divisionOf(view.breaks);
    options(measure, Object.entries(measures.names), view.measure, (code) => (OF_DISTRICTS.includes(code) && view.layer === "hexes" ? measures.districtsOnly : code === "change" && !view.compare ? measures.needsComparison : ""), (code) => OF_DISTRICTS.includes(code) && view.layer === "hexes");
    options(compare, Object.entries(measures.compared), view.compare || "none");
    options(breaks, [...DIVISIONS, /** @type {const} */ ("own")].map((code) => [code, measures.divisions[code]]), division);
    for (const [at, row] of rows.entries()) name(row, [measures.measure, measures.compare, measures.breaks][at] ?? "");
    name(limitsRow, measures.limits);
    limitsRow.hidden = division !== "own";
    limits.placeholder = limits.title = view.measure === "change" ? measures.changeLimits : measures.limitsHint;
    if (document.activeElement !== limits) limits.value = divisionOf(view.breaks) === "own" ? view.breaks.replaceAll(",", "; ") : "";
  };
  store.watch((state) => state.view, draw);

  measure.addEventListener("change", () => choose(ofMeasure(store.get().view, measure.value)));
  compare.addEventListener("change", () => choose(ofComparison(store.get().view, /** @type {View["compare"] | "none"} */ (compare.value))));
  breaks.addEventListener("change", () => {
    own = breaks.value === "own";
    wrong.hidden = true;
    draw();
    if (own) limits.focus();
    else choose({ breaks: breaks.value === "quantile" ? "" : breaks.value });
  });
  limits.addEventListener("change", () => {
    const { view } = store.get();
    const read = readLimits(limits.value, view.measure === "change");
    wrong.hidden = read !== null;
    wrong.textContent = fill("{wrong} {hint}", { wrong: words(view.language).measures.limitsWrong, hint: limits.title });
    limits.setAttribute("aria-invalid", String(read === null));
    if (read === null) return;
    own = false;
    choose({ breaks: read });
  });
}

/** @param {View} view @param {Layer} layer @param {Words} measures @param {() => void} choose */
function layerButton(view, layer, measures, choose) {
  const made = toggle(view.layer === layer, choose, measures.layers[layer]);
  made.dataset["layer"] = layer;
  return made;
}

/** Another layer: the selected area is none of its, and some rates are of districts only. @param {View} view @param {Layer} layer @returns {Partial<View>} */
export function ofLayer(view, layer) {
  if (layer === view.layer) return {};
  return { layer, cell: "", ...(layer === "hexes" && OF_DISTRICTS.includes(view.measure) ? { measure: "count" } : {}) };
}

/** Another measure: a change needs a comparison, and limits of one's own are those of another number. @param {View} view @param {string} measure @returns {Partial<View>} */
export function ofMeasure(view, measure) {
  return { measure, ...(measure === "change" && !view.compare ? { compare: "previous" } : {}), ...(divisionOf(view.breaks) === "own" ? { breaks: "" } : {}) };
}

/** @param {View} view @param {View["compare"] | "none"} compare @returns {Partial<View>} */
export function ofComparison(view, compare) {
  if (compare !== "none") return { compare };
  return { compare: "", ...(view.measure === "change" ? { measure: "count", ...(divisionOf(view.breaks) === "own" ? { breaks: "" } : {}) } : {}) };
}

/**
 * @param {HTMLSelectElement} select @param {readonly (readonly [string, string])[]} pairs value and text @param {string} value
 * @param {(value: string) => string} [note] @param {(value: string) => boolean} [barred]
 */
function options(select, pairs, value, note = () => "", barred = () => false) {
  // A measure that only the address knows stays to be seen.
  const all = pairs.some(([code]) => code === value) ? pairs : [...pairs, /** @type {const} */ ([value, value])];
  const made = all.map(([code, text]) => element("option", { value: code, selected: code === value, disabled: barred(code) }, note(code) ? `${text} (${note(code)})` : text));
  select.replaceChildren(...made);
}

/** @param {HTMLElement} row @param {string} text */
function name(row, text) {
  if (row.firstElementChild) row.firstElementChild.textContent = text;
}
