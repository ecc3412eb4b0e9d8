/** What the reader must be told: made-up data, errors, and whether the numbers are live. */

/** @import { Language, Live, PageStore, Problem, State } from "../page/state.js" */
import { icon } from "../charts/icons.js";
import { byId, element } from "../page/dom.js";
import { fill, formatAgo, formatNumber, words } from "../words/i18n.js";
import { refusalText } from "../words/refusal.js";
import { readView } from "../page/url.js";

const TICK_MS = 1000;

/** Hexagons as for a whole region. */
const REGION_ZOOM = 6;

/**
 * @param {PageStore} store
 * @param {(store: PageStore, problem: Problem) => Node[]} remedy what stands below a problem
 * @param {boolean} asTyped whether what is refused is named as in the address, for those who write it
 */
export function showNotices(store, remedy = wayBack, asTyped = false) {
  const drawProblem = () => renderProblem(store, remedy, asTyped);
  store.watch((state) => state.problem, drawProblem);
  store.watch((state) => state.view.language, drawProblem);
  store.watch(
    (state) => syntheticText(state),
    (text) => {
      byId("synthetic").hidden = !text;
      byId("synthetic").textContent = text;
    },
  );
  for (const change of ["online", "offline"]) addEventListener(change, drawProblem);
  const tick = () => drawLive(store.get());
  store.watch((state) => state.live, tick);
  store.watch((state) => state.view.language, tick);
  setInterval(tick, TICK_MS);
}

/** Says that there is no map, where there is none. @param {PageStore} store */
export function showNoMap(store) {
  if (store.get().zoom < 0) store.set({ zoom: REGION_ZOOM });
  store.watch(
    (state) => state.view.language,
    (language) => {
      byId("map").replaceChildren(element("p", { class: "no-map" }, words(language).noWebgl));
    },
  );
}

/** @param {State} state */
function syntheticText({ summary, view: { language } }) {
  if (!summary?.synthetic) return "";
  const dictionary = words(language);
  if (summary.synthetic === summary.n) return dictionary.synthetic;
  return fill(dictionary.partlySynthetic, { synthetic: formatNumber(language, summary.synthetic), all: formatNumber(language, summary.n) });
}

/** @param {PageStore} store @param {(store: PageStore, problem: Problem) => Node[]} remedy @param {boolean} asTyped */
function renderProblem(store, remedy, asTyped) {
  const { problem, view } = store.get();
  const box = byId("problem");
  box.hidden = !problem;
  box.replaceChildren();
  if (!problem) return;
  const dictionary = words(view.language);
  const kind = kindShown(problem);
  box.dataset["kind"] = kind;
  box.append(
    element("p", { class: "message", title: problem.detail }, icon(kind), problemText(problem, view.language, asTyped)),
    ...requestOf(problem, dictionary),
    ...remedy(store, problem),
  );
}

/** Without a network the reader can do something about it. @param {Problem} problem */
function kindShown({ kind }) {
  return kind === "unreachable" && globalThis.navigator?.onLine === false ? "offline" : kind;
}

/** What those who run the service find the request by in its log. @param {Problem} problem @param {import("../words/i18n.js").Dictionary} dictionary */
function requestOf({ kind, id }, { requestNumber }) {
  return id && ["refused", "failed"].includes(kind)
    ? [element("p", { class: "request" }, `${requestNumber} `, element("code", {}, id))]
    : [];
}

/** From a refused choice back to the beginning. @param {PageStore} store @param {Problem} problem */
function wayBack(store, { kind }) {
  if (kind !== "refused") return [];
  const { language } = store.get().view;
  const reset = () => store.set({ view: { ...readView("", []), language }, problem: null });
  return [element("button", { type: "button", onclick: reset }, words(language).reset)];
}

/** @param {Problem} problem @param {Language} language @param {boolean} [asTyped] */
export function problemText(problem, language, asTyped = false) {
  const kind = kindShown(problem);
  return kind === "refused" ? refusalText(language, problem, asTyped) : words(language)[kind];
}

/** @param {State} state */
function drawLive({ live, view }) {
  byId("live").dataset["state"] = live.state;
  byId("live-text").textContent = liveText(live, view.language, Date.now());
}

/** @param {Live} live @param {Language} language @param {number} now ms since 1970 */
export function liveText({ state, at }, language, now) {
  const dictionary = words(language);
  if (state !== "live") return dictionary[state];
  if (at === null) return dictionary.live;
  // The two clocks may differ by a second.
  const ago = formatAgo(language, Math.max(0, (now - at) / 1000));
  return `${dictionary.live} · ${fill(dictionary.dataChanged, { ago })}`;
}
