/** The time window: back from now, all data, or from day to day; and the way out of an empty one. */

/** @import { PageStore, Summary, View } from "../page/state.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { addDays, dayOf, formatDay, isDay } from "../words/dates.js";
import { fill, words } from "../words/i18n.js";
import { ofComparison } from "./colouring.js";

const LAST_DAYS = 30;

/** @param {PageStore} store */
export function showWindow(store) {
  store.watch((state) => state.view, () => drawWindow(store));
  store.watch((state) => state.summary, () => {
    drawDates(store);
    drawWayOut(store);
  });
  store.watch((state) => state.view.language, () => drawWayOut(store));
  for (const id of ["from", "until"]) byId(id).addEventListener("change", () => takeDates(store));
}

/** @param {PageStore} store @param {Partial<View>} change */
function choose(store, change) {
  const { view } = store.get();
  // Before all data there is nothing to compare them with.
  store.set({ view: { ...view, window: "", from: "", to: "", ...change, ...(change.window === "all" ? ofComparison(view, "none") : {}) } });
}

/** @param {PageStore} store */
function drawWindow(store) {
  const { view } = store.get();
  const buttons = Object.entries(words(view.language).windows).map(([window, label]) => {
    const made = toggle(view.window === window, () => choose(store, { window }), label);
    made.dataset["window"] = window;
    return made;
  });
  replaceButtons(byId("windows"), buttons);
  drawDates(store);
}

/** The fields show the days of any window, also of one that was chosen by a button. @param {PageStore} store */
function drawDates(store) {
  const { view, summary } = store.get();
  const [from, until] = [input("from"), input("until")];
  // A date that is being typed is left alone.
  if (document.activeElement === from || document.activeElement === until) return;
  from.value = isDay(view.from) ? view.from : "";
  until.value = isDay(view.to) ? addDays(view.to, -1) : "";
  const { first, last } = summary?.data ?? {};
  if (!summary || !first || !last) return;
  from.min = until.min = dayOf(first, summary.time_zone);
}

/** @param {PageStore} store */
function takeDates(store) {
  const [from, until] = [input("from").value, input("until").value];
  if (!isDay(from) || !isDay(until)) return;
  const [first, last] = from <= until ? [from, until] : [until, from];
  choose(store, { from: first, to: addDays(last, 1) });
}

/** @param {PageStore} store */
function drawWayOut(store) {
  const { summary, view } = store.get();
  const box = byId("way-out");
  box.hidden = !summary || summary.n > 0;
  box.replaceChildren(...(summary && summary.n === 0 ? wayOut(store, summary, view) : []));
}

/** @param {PageStore} store @param {Summary} summary @param {View} view */
function wayOut(store, summary, view) {
  const { language } = view;
  const dictionary = words(language);
  const { first, last } = summary.data;
  if (!first || !last) return [element("p", {}, dictionary.noData)];
  const days = { first: formatDay(language, first, summary.time_zone), last: formatDay(language, last, summary.time_zone) };
  const missed = Date.parse(last) < Date.parse(summary.window.from) || Date.parse(first) >= Date.parse(summary.window.to);
  if (!missed) return [element("p", {}, dictionary.nothing)];
  const end = addDays(dayOf(last, summary.time_zone), 1);
  const showLast = () => choose(store, { from: addDays(end, -LAST_DAYS), to: end });
  return [
    element("p", {}, fill(dictionary.nothingInPeriod, days)),
    element("button", { type: "button", id: "show-last", onclick: showLast }, fill(dictionary.showLast, days)),
    element("button", { type: "button", id: "show-all", onclick: () => choose(store, { window: "all" }) }, dictionary.showAll),
  ];
}

/** @param {string} id */
function input(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}
