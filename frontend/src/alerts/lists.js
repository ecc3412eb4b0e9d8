/** What needs looking at: open alerts with their reasons, then what has changed. */

/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore, State, View } from "../page/state.js" */
/** @import { Alert, AlertsAnswer, Change, ChangesAnswer } from "./alert_types.js" */
import { follow } from "../page/answers.js";
import { element, patch } from "../page/dom.js";
import { showAnswer } from "../parts/figures.js";
import { isShown, toAlert, toDistrict } from "../view/steps.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { aboutAlert, changeName, changeText, nothingUnusual, sureChanges } from "./alert_words.js";
import { changesAddress, isNarrowed } from "./questions.js";

/** Of each direction; that less came is news as well, but seldom a matter for now. */
const MOST_CHANGES = { up: 5, down: 3 };
/** Alerts that are listed at first. */
const FEW = 6;
/** Above the list of messages. */
const FEW_ABOVE = 3;
/** Ages are drawn anew, ms. */
const AGES_MS = 30_000;

/** What stands above the duty operator's list: the rarest few, and nothing where nothing is unusual. @param {PageStore} store */
export function alertsAbove(store) {
  const box = element("div", { id: "alerts-now" });
  const render = () => {
    const state = store.get();
    const found = state.alerts?.answer?.alerts ?? [];
    if (!isShown(state, "now")) return;
    const rows = found.slice(0, FEW_ABOVE).map((alert) => alertRow(state, alert, () => toAlert(store, alert)));
    const { alerts } = words(state.view.language);
    patch(box, rows.length ? [element("h2", {}, alerts.title), element("ol", { class: "alerts", "data-same": "alerts" }, ...rows)] : []);
  };
  store.watch((state) => state.alerts, render);
  store.watch((state) => state.view, render);
  return box;
}

/** @param {PageStore} store @returns {HTMLElement} the list of open alerts, which follows the store */
export function alertsList(store) {
  const box = element("div", { id: "alerts" });
  let all = false;
  const render = () => {
    const state = store.get();
    if (isShown(state, "overview")) patch(box, alertParts(store, { all, showAll }));
  };
  const showAll = () => {
    all = true;
    render();
  };
  store.watch((state) => state.alerts, render);
  store.watch((state) => state.view, render);
  setInterval(render, AGES_MS);
  return box;
}

/** @param {PageStore} store @param {{ all: boolean, showAll: () => void }} length */
function alertParts(store, { all, showAll }) {
  const state = store.get();
  const { language } = state.view;
  const { alerts, overview } = words(language);
  const loaded = state.alerts;
  const title = element("h2", {}, alerts.title);
  if (!loaded?.answer) return [title, element("p", { class: "muted" }, loaded?.problem ? alerts.noAnswer : overview.loading)];
  const { answer } = loaded;
  const old = loaded.problem ? [element("p", { class: "muted" }, alerts.noAnswer)] : [];
  if (!answer.alerts.length) return [title, ...old, element("p", { "data-same": "none" }, nothingText(state, answer))];
  const shown = all ? answer.alerts : answer.alerts.slice(0, FEW);
  const rows = shown.map((alert) => alertRow(state, alert, () => toAlert(store, alert)));
  const rest = answer.alerts.length - shown.length;
  const more =
    rest > 0
      ? [
          element(
            "button",
            { type: "button", class: "link", "data-key": "more alerts", onclick: showAll },
            fill(alerts.more, { n: formatNumber(language, rest) }),
          ),
        ]
      : [];
  return [title, ...old, element("ol", { class: "alerts", "data-same": "alerts" }, ...rows), ...more];
}

/** @param {State} state @param {AlertsAnswer} answer */
export function nothingText(state, answer) {
  const { language } = state.view;
  if (!Object.keys(answer.thresholds).length) return words(language).alerts.notYet;
  return nothingUnusual(state, isNarrowed(state), answer.checked ? (Date.now() - Date.parse(answer.checked)) / 1000 : null);
}

/** @param {State} state @param {Alert} alert @param {() => void} open */
function alertRow({ view: { language } }, alert, open) {
  const about = aboutAlert(language, alert, Date.now());
  const counts = element(
    "span",
    { class: "counts" },
    element("strong", {}, formatNumber(language, alert.n)),
    element("span", {}, fill(words(language).alerts.ofThem, { n: formatNumber(language, alert.open) })),
  );
  const text = element(
    "span",
    {},
    element("span", { class: "reason" }, alert.reason[language]),
    element("span", { class: "about" }, about),
    ...verdictMark(language, alert),
  );
  return element(
    "li",
    { "data-same": `alert ${alert.id}` },
    element("button", { type: "button", class: "alert", "data-key": `alert ${alert.id}`, onclick: open }, counts, text),
  );
}

/** What the desk has said of it. @param {import("../page/state.js").Language} language @param {Alert} alert */
export function verdictMark(language, { verdict }) {
  if (!verdict) return [];
  const sign = { real: "✓", not_real: "✗" }[verdict.value];
  return [element("span", { class: "verdict", "data-verdict": verdict.value }, `${sign} ${words(language).alerts.verdict[verdict.value]}`)];
}

/** @param {PageStore} store @returns {HTMLElement} the list of changes, which follows the store */
export function changesList(store) {
  const box = element("div", { id: "changes" });
  /** @type {AnswerState<ChangesAnswer> | null} */
  let loaded = null;
  const render = () => {
    const { view } = store.get();
    if (changesAddress(store.get()) === null)
      patch(box, [...headOf(view, null), element("p", {}, words(view.language).alerts.changesEndless)]);
    else if (loaded) showAnswer(box, loaded, view.language, (answer) => changeParts(store, answer));
  };
  follow(
    store,
    (state) => (isShown(state, "overview") ? changesAddress(state) : null),
    (/** @type {AnswerState<ChangesAnswer>} */ next) => {
      loaded = next;
      render();
    },
  );
  store.watch((state) => state.view.language, render);
  store.watch((state) => changesAddress(state), render);
  return box;
}

/** @param {View} view @param {ChangesAnswer | null} answer */
function headOf({ language }, answer) {
  const { alerts } = words(language);
  const rule = answer
    ? [element("p", { class: "muted" }, fill(alerts.changesRule[answer.compare?.by ?? "previous"], { min: answer.min_incidents }))]
    : [];
  return [element("h2", {}, alerts.changes), ...rule];
}

/** @param {PageStore} store @param {ChangesAnswer} answer */
function changeParts(store, answer) {
  const { view } = store.get();
  const { alerts } = words(view.language);
  const { up, down } = sureChanges(answer.changes, MOST_CHANGES);
  const head = headOf(view, answer);
  if (!up.length && !down.length) return [...head, element("p", {}, alerts.changesNone)];
  return [...head, ...directionPart(store, "up", up), ...directionPart(store, "down", down)];
}

/** @param {PageStore} store @param {"up" | "down"} direction @param {readonly Change[]} changes */
function directionPart(store, direction, changes) {
  if (!changes.length) return [];
  const { language } = store.get().view;
  const title = element("h3", { "data-same": direction }, `${{ up: "▲", down: "▼" }[direction]} ${words(language).alerts[direction]}`);
  return [
    title,
    element("ol", { class: "changes", "data-same": `${direction} list` }, ...changes.map((change) => changeRow(store, change))),
  ];
}

/** @param {PageStore} store @param {Change} change */
function changeRow(store, change) {
  const { language } = store.get().view;
  const key = `${change.district?.code} ${change.theme?.code}`;
  const name = changeName(language, change);
  const text = element("p", {}, changeText(language, change));
  const open = () => openChange(store, change);
  return element(
    "li",
    { "data-same": key },
    element("button", { type: "button", class: "link", "data-key": `change ${key}`, onclick: open }, name),
    text,
  );
}

/** The district, with its messages about the theme. @param {PageStore} store @param {Change} change */
function openChange(store, { district, theme }) {
  const { view } = store.get();
  const filters = theme?.code ? { ...view.filters, theme: theme.code } : view.filters;
  if (district?.code) toDistrict(store, district.code, { filters });
  else store.set({ view: { ...view, filters } });
}
