/** What the reader must be told: made-up data, errors, and whether the numbers are live. */

/** @import { Live, PageStore, Problem, State } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { fill, formatAgo, formatNumber, words } from "../words/i18n.js";
import { readView } from "../page/url.js";

const TICK_MS = 1000;

/** @param {PageStore} store @param {(store: PageStore, problem: Problem) => Node[]} remedy what stands below a problem */
export function showNotices(store, remedy = wayBack) {
  store.watch((state) => state.problem, () => drawProblem(store, remedy));
  store.watch((state) => state.view.language, () => drawProblem(store, remedy));
  store.watch((state) => syntheticText(state), (text) => {
    byId("synthetic").hidden = !text;
    byId("synthetic").textContent = text;
  });
  const tick = () => drawLive(store.get());
  store.watch((state) => state.live, tick);
  store.watch((state) => state.view.language, tick);
  setInterval(tick, TICK_MS);
}

/** Says that there is no map, where there is none. @param {PageStore} store */
export function showNoMap(store) {
  store.watch((state) => state.view.language, (language) => {
    byId("map").replaceChildren(element("p", { class: "no-map" }, words(language).noWebgl));
  });
}

/** @param {State} state */
function syntheticText({ summary, view: { language } }) {
  if (!summary?.synthetic) return "";
  const dictionary = words(language);
  if (summary.synthetic === summary.n) return dictionary.synthetic;
  return fill(dictionary.partlySynthetic, { synthetic: formatNumber(language, summary.synthetic), all: formatNumber(language, summary.n) });
}

/** @param {PageStore} store @param {(store: PageStore, problem: Problem) => Node[]} remedy */
function drawProblem(store, remedy) {
  const { problem, view } = store.get();
  const box = byId("problem");
  box.hidden = !problem;
  box.replaceChildren();
  if (!problem) return;
  box.append(element("p", {}, problemText(problem, words(view.language))), ...remedy(store, problem));
}

/** From a refused choice back to the beginning. @param {PageStore} store @param {Problem} problem */
function wayBack(store, { kind }) {
  if (kind !== "refused") return [];
  const { language } = store.get().view;
  const reset = () => store.set({ view: { ...readView("", []), language }, problem: null });
  return [element("button", { type: "button", onclick: reset }, words(language).reset)];
}

/** @param {Problem} problem @param {import("../words/i18n.js").Dictionary} dictionary */
export function problemText(problem, dictionary) {
  return fill(dictionary[problem.kind], { detail: problem.detail });
}

/** @param {State} state */
function drawLive({ live, view }) {
  byId("live").dataset["state"] = live.state;
  byId("live-text").textContent = liveText(live, view.language, Date.now());
}

/** @param {Live} live @param {import("../page/state.js").Language} language @param {number} now ms since 1970 */
export function liveText({ state, at }, language, now) {
  const dictionary = words(language);
  if (state !== "live") return dictionary[state];
  if (at === null) return dictionary.live;
  // The two clocks may differ by a second.
  const ago = formatAgo(language, Math.max(0, (now - at) / 1000));
  return `${dictionary.live} · ${fill(dictionary.dataChanged, { ago })}`;
}
