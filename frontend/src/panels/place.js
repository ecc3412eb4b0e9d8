/** The selected district, hexagon or incident, or the opened alert, in the stead of the tabs' panels until it is closed. */

/** @import { Place } from "./place_answers.js" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore, View } from "../page/state.js" */
import { follow } from "../page/answers.js";
import { byId, element, findByKey, patch } from "../page/dom.js";
import { words } from "../words/i18n.js";
import { refusalText } from "../words/refusal.js";
import { alertView } from "../alerts/alert_view.js";
import { fetchPlace, placeAddress } from "./place_answers.js";
import { districtView } from "./place_district.js";
import { hexagonView } from "./place_hexagon.js";
import { incidentView } from "./place_incident.js";
import { countsAtHand, crumbs } from "../parts/place_parts.js";
import { closePlace, keyOf, stepOut } from "../view/steps.js";

/** An answer that takes longer is said to be awaited, ms. */
const PATIENCE_MS = 300;
/** Ages are told anew, ms. */
const AGES_MS = 30_000;
/** Finds no element. */
const NOTHING = ":not(*)";

/**
 * What a kind of place is called and what is shown of it.
 * @typedef {object} PlaceView
 * @property {string} title
 * @property {string} [here] the last of the path, where the title is too long for it
 * @property {string} kind what it is, above the title
 * @property {{ text: string, open: () => void }[]} path the places around it, the largest first
 * @property {Node[]} parts
 * @property {import("../page/state.js").Spot | null} spot
 */

/** @param {PageStore} store */
export function showPlace(store, chosen = false) {
  const box = byId("panel");
  /** @type {{ key: string, place: Place } | null} */
  let known = null;
  /** @type {AnswerState<Place> | null} */
  let answerState = null;
  /** Of what the last answer that did not come was asked. */
  let keyOfProblem = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;

  const redraw = () => {
    const { view } = store.get();
    const key = keyOf(view);
    box.hidden = !key;
    if (!key) return clearPanel();
    const shown = known?.key === key ? viewOf(store, known.place) : null;
    patch(box, [
      ...headOf(store, view, shown),
      ...(keyOfProblem === key ? problemOf(answerState, view) : []),
      ...(shown?.parts ?? numbersAtHand(store)),
    ]);
    box.setAttribute("aria-label", shown?.title ?? words(view.language).now.where);
    box.dataset["kind"] = key.split(" ")[0];
    // Where it is on the map is told once for each place.
    if (shown?.spot && shown.spot.key !== store.get().spot?.key) store.set({ spot: shown.spot });
    return undefined;
  };

  const clearPanel = () => {
    box.replaceChildren();
    if (store.get().spot) store.set({ spot: null });
  };

  follow(
    store,
    placeAddress,
    (/** @type {AnswerState<Place>} */ next, { view }) => {
      if (next.answer && next.answer !== answerState?.answer) known = { key: keyOf(view), place: next.answer };
      if (next.problem !== answerState?.problem) keyOfProblem = keyOf(view);
      answerState = next;
      clearTimeout(waiting);
      box.classList.remove("old");
      if (next.stale && !next.problem) waiting = setTimeout(() => box.classList.add("old"), PATIENCE_MS);
      redraw();
    },
    fetchPlace,
  );
  store.watch((state) => state.view, redraw);
  store.watch((state) => state.selected, redraw);
  store.watch((state) => state.access, redraw);
  setInterval(() => keyOf(store.get().view) && redraw(), AGES_MS);
  moveFocus(store, box, chosen);
}

/** @param {PageStore} store @param {Place} place @returns {PlaceView} */
function viewOf(store, place) {
  if (place.kind === "district") return districtView(store, place);
  if (place.kind === "alert") return alertView(store, place);
  return place.kind === "hexagon" ? hexagonView(store, place) : incidentView(store, place);
}

/** @param {PageStore} store @param {View} view @param {PlaceView | null} shown */
function headOf(store, view, shown) {
  const { language } = view;
  const { close } = words(language);
  const title = shown?.title ?? firstTitle(store, view);
  const closing = element(
    "button",
    { type: "button", class: "icon", "data-key": "close", "aria-label": close, title: close, onclick: () => closePlace(store) },
    "×",
  );
  const heading = element("h2", { tabindex: "-1", "data-key": "title" }, title);
  return [
    crumbs(language, shown?.path ?? [], shown?.here ?? title),
    element("header", {}, heading, closing),
    element("p", { class: "muted" }, shown?.kind ?? ""),
  ];
}

/** What it is called while the answer is on its way. @param {PageStore} store @param {View} view */
function firstTitle(store, { language, layer, incident, alert, cell }) {
  const { alerts, selected } = store.get();
  if (incident) return `№ ${incident}`;
  if (alert) return alerts?.answer?.alerts.find(({ id }) => String(id) === alert)?.reason[language] ?? words(language).alerts.one;
  return layer === "hexes" ? words(language).now.hexagon : (selected?.name?.[language] ?? cell);
}

/** @param {AnswerState<Place> | null} answerState @param {View} view */
function problemOf(answerState, { language }) {
  if (!answerState?.problem) return [];
  const { problem } = answerState;
  const text = problem.kind === "refused" ? refusalText(language, problem) : words(language).overview.noAnswer;
  return [element("p", { class: "trouble" }, text)];
}

/** What the map knows already, while the answer is on its way. @param {PageStore} store */
function numbersAtHand(store) {
  const {
    selected,
    view: { cell, incident, language },
  } = store.get();
  if (selected?.key === cell && !incident) return [countsAtHand(language, selected)];
  return [element("p", { class: "muted" }, words(language).overview.loading)];
}

/**
 * The keyboard goes where the reader goes: into the place that was chosen, one step out with Escape, and back to what
 * it was chosen from. A choice on the map leaves it on the map.
 * @param {PageStore} store @param {HTMLElement} box @param {boolean} chosen whether the present place is one that the reader has just chosen
 */
function moveFocus(store, box, chosen) {
  const side = byId("side");
  let opener = "";
  side.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && !box.contains(target)) opener = selectorOf(target);
  });
  side.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !keyOf(store.get().view)) return;
    event.preventDefault();
    stepOut(store);
  });
  let followsFocus = chosen;
  let former = "";
  store.watch(
    (state) => keyOf(state.view),
    (key) => {
      // Who was quicker than this file, or came by an address, has been in no row yet.
      const row = opener || selectorOfPlace(former);
      former = key;
      const here = document.activeElement;
      const follows = followsFocus && (here === document.body || here === null || side.contains(here));
      followsFocus = true;
      if (!follows) return;
      if (key) return findByKey(box, "title")?.focus();
      return /** @type {HTMLElement | null} */ (side.querySelector(row) ?? document.querySelector("[role=tab][tabindex='0']"))?.focus();
    },
  );
}

/** The row of a list or a table that leads to a place. @param {string} key */
function selectorOfPlace(key) {
  const code = CSS.escape(key.split(" ")[1] ?? "");
  return key ? `#tab-panels [data-key="${CSS.escape(key)}"], #tab-panels tr[data-row="${code}"] button` : NOTHING;
}

/** How an element is found again after its list has been drawn anew. @param {HTMLElement} target */
function selectorOf(target) {
  const key = target.closest("[data-key]")?.getAttribute("data-key");
  if (key) return `#tab-panels [data-key="${CSS.escape(key)}"]`;
  const row = target.closest("tr")?.getAttribute("data-row");
  return row ? `tr[data-row="${CSS.escape(row)}"] button` : target.id && `#${CSS.escape(target.id)}`;
}
