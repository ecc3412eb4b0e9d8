/** What the map is coloured by: areas and measure; folded away, comparison and classes. Only what goes together can be chosen. */

/** @import { Layer, PageStore, View } from "../page/state.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";
import { divisionOf, DIVISIONS, inPercent, readLimits, typedLimits } from "../view/breaks.js";
import { measuredIn, NAMED_CLASSES, OF_ANALYSTS, OF_DISTRICTS, ofComparison, ofLayer, ofMeasure } from "../view/layer_measures.js";

/** @type {readonly Layer[]} */
const LAYERS = ["hexes", "districts", "density"];

/** @typedef {import("../words/i18n.js").Dictionary["measures"]} Words */
/** @typedef {Record<"measure" | "compare" | "breaks", HTMLSelectElement>} Selects */

/** @param {PageStore} store */
export function showColouring(store) {
  const layers = element("div", { class: "choices", role: "group", "aria-labelledby": "colouring-title" });
  const [measure, compare, breaks] = [
    element("select", { id: "measure" }),
    element("select", { id: "compare" }),
    element("select", { id: "breaks" }),
  ];
  const [measureRow, compareRow, breaksRow] = [rowOf(measure), rowOf(compare), rowOf(breaks)];
  const title = element("h2", { id: "colouring-title" });
  const summary = element("summary", {});
  const own = ownLimits(store);
  const note = element("p", { id: "measure-note", class: "muted" });
  byId("colouring").append(
    title,
    layers,
    measureRow,
    note,
    element("details", { id: "finer" }, summary, compareRow, breaksRow, own.row, own.wrong),
  );

  /** @param {Partial<View>} change */
  const changeView = (change) => store.set({ view: { ...store.get().view, ...change } });
  const redraw = () => {
    const { view } = store.get();
    const { measures } = words(view.language);
    title.textContent = measures.title;
    replaceButtons(
      layers,
      LAYERS.map((layer) => layerButton(view, layer, measures, () => changeView(ofLayer(store.get().view, layer)))),
    );
    drawSelects({ measure, compare, breaks }, view, own.typing());
    for (const [row, text] of /** @type {const} */ ([
      [measureRow, measures.measure],
      [compareRow, measures.compare],
      [breaksRow, measures.breaks],
    ]))
      name(row, text);
    note.textContent = /** @type {Record<string, string>} */ (measures.notes)[view.measure] ?? "";
    note.hidden = !note.textContent;
    summary.textContent = fill(measures.finer, {
      compare: measures.comparedShort[view.compare || "none"],
      breaks: measures.divisions[divisionOf(view.breaks)],
    });
    own.redraw();
  };
  store.watch((state) => state.view, redraw);
  measure.addEventListener("change", () => changeView(ofMeasure(store.get().view, measure.value)));
  compare.addEventListener("change", () =>
    changeView(ofComparison(store.get().view, /** @type {View["compare"] | "none"} */ (compare.value))),
  );
  breaks.addEventListener("change", () => {
    own.beginTyping(breaks.value === "own");
    redraw();
    if (breaks.value !== "own") changeView({ breaks: breaks.value === "quantile" ? "" : breaks.value });
  });
}

/**
 * The field of limits of one's own: shown while they are chosen or about to be.
 * @param {PageStore} store
 */
function ownLimits(store) {
  const limits = element("input", { id: "limits", type: "text", autocomplete: "off", "aria-describedby": "limits-wrong" });
  const row = rowOf(limits);
  const wrong = element("p", { id: "limits-wrong", class: "wrong", role: "alert", hidden: true });
  let typing = false;
  let drawn = "";
  const complain = (/** @type {boolean} */ bad) => {
    wrong.hidden = !bad;
    wrong.textContent = bad
      ? fill("{wrong} {hint}", { wrong: words(store.get().view.language).measures.limitsWrong, hint: limits.title })
      : "";
    limits.setAttribute("aria-invalid", String(bad));
  };
  const redraw = () => {
    const { breaks, measure, language } = store.get().view;
    const { measures } = words(language);
    name(row, measures.limits);
    row.hidden = !typing && divisionOf(breaks) !== "own";
    limits.placeholder = limits.title =
      measure === "change" ? measures.changeLimits : inPercent(measure) ? measures.percentLimits : measures.limitsHint;
    if (drawn === breaks + measure + language) return;
    drawn = breaks + measure + language;
    limits.value = divisionOf(breaks) === "own" ? typedLimits(breaks, measure, language) : "";
    complain(false);
  };
  limits.addEventListener("change", () => {
    const { view } = store.get();
    const read = readLimits(limits.value, view.measure);
    complain(read === null);
    if (read === null) return;
    typing = false;
    store.set({ view: { ...view, breaks: read } });
  });
  return {
    row,
    wrong,
    redraw,
    typing: () => typing,
    beginTyping(/** @type {boolean} */ wanted) {
      typing = wanted;
      complain(false);
      redraw();
      if (wanted) limits.focus();
    },
  };
}

/** @param {Selects} selects @param {View} view @param {boolean} typing limits of one's own */
function drawSelects({ measure, compare, breaks }, view, typing) {
  const { measures } = words(view.language);
  const endless = view.window === "all";
  const names = Object.entries(measures.names);
  const common = names.filter(([code]) => !OF_ANALYSTS.includes(code));
  options(measure, common, view.measure, (code) => hintOf(view, code));
  measure.append(
    element(
      "optgroup",
      { label: measures.analysts },
      ...names.filter(([code]) => OF_ANALYSTS.includes(code)).map((pair) => optionOf(pair, view.measure, hintOf(view, pair[0]))),
    ),
  );
  options(compare, Object.entries(measures.compared), view.compare || "none", (code) =>
    endless && code !== "none" ? [measures.needsWindow, true] : null,
  );
  const fixed = NAMED_CLASSES.includes(view.measure);
  options(
    breaks,
    [...DIVISIONS, /** @type {const} */ ("own")].map((code) => [code, measures.divisions[code]]),
    typing ? "own" : divisionOf(view.breaks),
    (code) => ((fixed || view.layer === "density") && code !== "quantile" ? [measures.fixedClasses, true] : null),
  );
}

/** What is to be known of a measure before it is chosen, and whether it cannot be. @param {View} view @param {string} code @returns {[hint: string, barred: boolean] | null} */
function hintOf(view, code) {
  const { measures } = words(view.language);
  if (OF_DISTRICTS.includes(code) && view.layer === "hexes") return [measures.districtsOnly, true];
  if (OF_ANALYSTS.includes(code) && view.layer === "districts") return [measures.hexagonsOnly, true];
  if (!measuredIn(view.layer, code)) return [measures.notDensity, true];
  if (view.window === "all" && [...NAMED_CLASSES, "change"].includes(code)) return [measures.needsWindow, true];
  return code === "change" && !view.compare ? [measures.needsComparison, false] : null;
}

/** @param {View} view @param {Layer} layer @param {Words} measures @param {() => void} changeView */
function layerButton(view, layer, measures, changeView) {
  const made = toggle(view.layer === layer, changeView, measures.layers[layer]);
  made.dataset["layer"] = layer;
  return made;
}

/**
 * @param {HTMLSelectElement} select @param {readonly (readonly [string, string])[]} pairs value and text @param {string} value
 * @param {(value: string) => [hint: string, barred: boolean] | null} [note] what is to be known of an option, and whether it cannot be chosen
 */
function options(select, pairs, value, note = () => null) {
  // A measure that only the address knows stays to be seen.
  const all =
    pairs.some(([code]) => code === value) || OF_ANALYSTS.includes(value) ? pairs : [...pairs, /** @type {const} */ ([value, value])];
  select.replaceChildren(...all.map((pair) => optionOf(pair, value, note(pair[0]))));
}

/** @param {readonly [string, string]} pair value and text @param {string} value the chosen one @param {[hint: string, barred: boolean] | null} note */
function optionOf([code, text], value, note) {
  const [hint, barred] = note ?? ["", false];
  return element("option", { value: code, selected: code === value, disabled: barred }, hint ? `${text} (${hint})` : text);
}

/** A field with its name before it. @param {HTMLElement} field */
function rowOf(field) {
  return element("label", { class: "row", for: field.id }, element("span", {}), field);
}

/** @param {HTMLElement} row @param {string} text */
function name(row, text) {
  if (row.firstElementChild) row.firstElementChild.textContent = text;
}
