/** The time window: back from now, all data, or days of the calendar; and the way out of an empty one. */

/** @import { PageStore, Summary, View } from "../page/state.js" */
/** @import { Preset } from "../words/dates.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { addDays, dayOf, formatDay, formatWindow, isDay, presetDays } from "../words/dates.js";
import { fill, words } from "../words/i18n.js";
import { withoutPast } from "../view/layer_measures.js";

const LAST_DAYS = 30;

/** @param {PageStore} store */
export function showWindow(store) {
  store.watch(
    (state) => state.view,
    () => drawWindow(store),
  );
  store.watch(
    (state) => state.summary,
    () => {
      drawSelect(store);
      drawDates(store);
      drawEmptyHint(store);
    },
  );
  store.watch(
    (state) => state.view.language,
    () => drawEmptyHint(store),
  );
  byId("window-choice").addEventListener("change", ({ target }) => {
    if (target instanceof HTMLSelectElement && target.value) changeWindow(store, { window: target.value });
  });
  for (const id of ["from", "until"]) byId(id).addEventListener("change", () => takeDates(store));
}

/** @param {PageStore} store @param {Partial<View>} change */
function changeWindow(store, change) {
  const { view } = store.get();
  // Before all data there is nothing to compare them with.
  store.set({
    view: { ...view, window: "", from: "", to: "", around: "", ...change, ...(change.window === "all" ? withoutPast(view) : {}) },
  });
}

/** @param {PageStore} store */
function drawWindow(store) {
  const { view } = store.get();
  const buttons = Object.entries(words(view.language).windows).map(([window, label]) => {
    const made = toggle(view.window === window, () => changeWindow(store, { window }), label);
    made.dataset["window"] = window;
    return made;
  });
  replaceButtons(byId("windows"), buttons);
  drawSelect(store);
  drawDates(store);
}

/** The same where the buttons have no room; days of the calendar are an entry of their own. @param {PageStore} store */
function drawSelect(store) {
  const { view, summary } = store.get();
  const { period, windows } = words(view.language);
  const all = Object.entries(windows);
  const dated = all.some(([window]) => window === view.window)
    ? []
    : [["", summary && !view.window ? formatWindow(view.language, summary) : view.window]];
  const select = byId("window-choice");
  select.setAttribute("aria-label", period);
  select.replaceChildren(
    ...[...dated, ...all].map(([value = "", text = ""]) => element("option", { value, selected: value === view.window }, text)),
  );
}

/** Days of the calendar by name, and the chosen ones in words. @param {PageStore} store */
function drawCalendar(store) {
  const { view, summary } = store.get();
  const { time } = words(view.language);
  const dated = view.from && view.to && summary;
  const [title] = byId("calendar").getElementsByTagName("summary");
  if (title) title.textContent = dated ? `${time.calendar}: ${formatWindow(view.language, summary)}` : time.calendar;
  const today = dayOf(new Date().toISOString(), summary?.time_zone ?? "UTC");
  const buttons = Object.entries(time.presets).map(([preset, label]) => {
    const days = presetDays(/** @type {Preset} */ (preset), today);
    const made = toggle(view.from === days.from && view.to === days.to, () => changeWindow(store, days), label);
    made.dataset["preset"] = preset;
    return made;
  });
  replaceButtons(byId("presets"), buttons);
}

/** The fields show the days of any window, also of one that was chosen by a button. @param {PageStore} store */
function drawDates(store) {
  drawCalendar(store);
  const { view, summary } = store.get();
  const [from, until] = [input("from"), input("until")];
  // A date that is being typed is left alone.
  if (document.activeElement === from || document.activeElement === until) return;
  const { first, last } = summary?.data ?? {};
  const day = (/** @type {string} */ instant) => (summary && !Number.isNaN(Date.parse(instant)) ? dayOf(instant, summary.time_zone) : "");
  const window = view.window && summary && first && last ? shownWindow(summary.window, { first, last }) : { from: view.from, to: view.to };
  from.value = isDay(window.from) ? window.from : day(window.from);
  until.value = isDay(window.to) ? addDays(window.to, -1) : day(window.to);
  if (first) from.min = until.min = day(first);
}

/** As far as there are data. @param {Summary["window"]} window @param {{ first: string, last: string }} data */
function shownWindow({ from, to }, { first, last }) {
  return { from: Date.parse(from) < Date.parse(first) ? first : from, to: Date.parse(to) > Date.parse(last) ? last : to };
}

/** @param {PageStore} store */
function takeDates(store) {
  const [from, until] = [input("from").value, input("until").value];
  if (!isDay(from) || !isDay(until)) return;
  const [first, last] = from <= until ? [from, until] : [until, from];
  changeWindow(store, { from: first, to: addDays(last, 1) });
}

/** @param {PageStore} store */
function drawEmptyHint(store) {
  const { summary, view } = store.get();
  const box = byId("way-out");
  box.hidden = !summary || summary.n > 0;
  box.replaceChildren(...(summary && summary.n === 0 ? emptyHint(store, summary, view) : []));
}

/** @param {PageStore} store @param {Summary} summary @param {View} view */
function emptyHint(store, summary, view) {
  const { language } = view;
  const dictionary = words(language);
  const { first, last } = summary.data;
  if (!first || !last) return [element("p", {}, dictionary.noData)];
  const days = { first: formatDay(language, first, summary.time_zone), last: formatDay(language, last, summary.time_zone) };
  const missed = Date.parse(last) < Date.parse(summary.window.from) || Date.parse(first) >= Date.parse(summary.window.to);
  if (!missed) return [element("p", {}, dictionary.nothing)];
  const end = addDays(dayOf(last, summary.time_zone), 1);
  const showLast = () => changeWindow(store, { from: addDays(end, -LAST_DAYS), to: end });
  return [
    element("p", {}, fill(dictionary.nothingInPeriod, days)),
    element("button", { type: "button", id: "show-last", onclick: showLast }, fill(dictionary.showLast, days)),
    element("button", { type: "button", id: "show-all", onclick: () => changeWindow(store, { window: "all" }) }, dictionary.showAll),
  ];
}

/** @param {string} id */
function input(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}
