/** The three totals; each is also the choice of what the map is coloured by. */

/** @import { PageStore, State } from "../page/state.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { countOf, formatNumber, sentence, words } from "../words/i18n.js";
import { formatWindow } from "../words/dates.js";
import { selectionOf } from "../page/refresh.js";
import { MEASURES } from "../page/url.js";

/** @param {PageStore} store */
export function showTotals(store) {
  const redraw = () => drawTotals(store);
  store.watch((state) => state.summary, redraw);
  store.watch((state) => state.view, redraw);
  store.watch(
    (state) => state.busy,
    (busy) => byId("totals").classList.toggle("busy", busy),
  );
  announce(store);
}

/** @param {PageStore} store */
function drawTotals(store) {
  const { view, summary } = store.get();
  const dictionary = words(view.language);
  const buttons = MEASURES.map((measure) => {
    const value = summary ? formatNumber(view.language, summary[countOf(measure)]) : "…";
    const chooseMeasure = () => store.set({ view: { ...store.get().view, measure } });
    const label = element("span", { class: "label" }, dictionary.measure[measure]);
    const made = toggle(view.measure === measure, chooseMeasure, element("strong", {}, value), label);
    made.dataset["measure"] = measure;
    return made;
  });
  byId("totals").setAttribute("aria-label", dictionary.measureTitle);
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
