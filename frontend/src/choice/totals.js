/** The three totals; each is also the choice of what the map is coloured by. */

/** @import { Measure, PageStore, State } from "../page/state.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { countOf, formatNumber, sentence, words } from "../words/i18n.js";
import { formatWindow } from "../words/dates.js";
import { selectionOf } from "../page/refresh.js";
import { MEASURES } from "../page/url.js";

/**
 * @param {PageStore} store
 * @param {(measure: Measure) => readonly (Node | string)[]} noteOf what stands below a total: the same in the period before
 * @returns {() => void} draws them anew, with other notes
 */
export function showTotals(store, noteOf) {
  const redraw = () => drawTotals(store, noteOf);
  store.watch((state) => state.summary, redraw);
  store.watch((state) => state.view, redraw);
  store.watch(
    (state) => state.busy,
    (busy) => byId("totals").classList.toggle("busy", busy),
  );
  announce(store);
  return redraw;
}

/** @param {PageStore} store @param {(measure: Measure) => readonly (Node | string)[]} noteOf */
function drawTotals(store, noteOf) {
  const { view, summary } = store.get();
  const { measureTitle, overview } = words(view.language);
  const buttons = MEASURES.map((measure) => {
    const value = summary ? formatNumber(view.language, summary[countOf(measure)]) : "…";
    const chooseMeasure = () => store.set({ view: { ...store.get().view, measure } });
    const label = element("span", { class: "label" }, overview.names[measure]);
    const note = element("span", { class: "note" }, ...(summary ? noteOf(measure) : []));
    const made = toggle(view.measure === measure, chooseMeasure, label, element("strong", {}, value), note);
    made.dataset["measure"] = measure;
    if (measure === "overdue") made.title = overview.overdue_hint;
    return made;
  });
  byId("totals").setAttribute("aria-label", measureTitle);
  replaceButtons(byId("totals"), buttons);
  byId("period").textContent = summary ? formatWindow(view.language, summary) : "";
}

/** Says the totals after a choice, not after every live change: that would never be silent. @param {PageStore} store */
function announce(store) {
  let said = "";
  store.watch(
    (state) => (state.busy || !state.summary ? null : state.summary),
    (summary, state) => {
      const choice = spokenFor(state);
      if (!summary || choice === said) return;
      said = choice;
      byId("announcement").textContent = sentence(state.view.language, summary);
    },
  );
}

/** @param {State} state */
function spokenFor(state) {
  return selectionOf(state) + state.view.language;
}
