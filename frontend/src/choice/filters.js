/** What the choice is narrowed by beside sectors and time: status, source, theme, agency, district; each list is asked for when it is opened. */

/** @import { AnswerState } from "../page/answers.js" */
/** @import { Named, PageStore } from "../page/state.js" */
/** @import { Breakdown, Choice, Filter } from "./filter_choices.js" */
import { follow } from "../page/answers.js";
import { byId, element, patch } from "../page/dom.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { chipsList } from "./chips.js";
import { addressOf, choicesOf, chosenOf, FILTERS, found, withCode } from "./filter_choices.js";

/** More than this many cannot be looked through: they are searched. */
const MOST = 60;
const SEARCHED_FROM = 9;

/** @param {PageStore} store */
export function showFilters(store) {
  byId("filters").append(chipsList(store), ...FILTERS.map((filter) => disclosure(store, filter)), duplicatesChoice(store));
}

/** @param {PageStore} store @param {Filter} filter */
function disclosure(store, filter) {
  const [title, search] = [element("summary", {}), element("input", { type: "search", autocomplete: "off" })];
  const [note, list] = [element("p", { class: "muted", role: "status" }), element("div", { class: "options", role: "group" })];
  const box = element("details", { class: "filter", "data-filter": filter }, title, search, note, list);
  /** @type {Choice[]} */
  let choices = [];

  const redraw = () => {
    const { view } = store.get();
    const { overview } = words(view.language);
    const chosen = chosenOf(view, filter);
    const name = overview.filters[filter];
    title.textContent = chosen.length ? fill(overview.chosen, { name, number: chosen.length }) : name;
    if (!box.open) return;
    search.placeholder = overview.search;
    search.setAttribute("aria-label", `${overview.search}: ${name}`);
    list.setAttribute("aria-label", name);
    search.hidden = choices.length < SEARCHED_FROM;
    const all = found(choices, search.value, view.language);
    const cut = all.length > MOST ? overview.firstFound : search.value ? overview.found : "";
    const told =
      choices.length && !all.length
        ? overview.notFound
        : fill(cut, {
            n: formatNumber(view.language, Math.min(MOST, all.length)),
            all: formatNumber(view.language, cut === overview.found ? choices.length : all.length),
          });
    if (note.textContent !== told) note.textContent = told;
    patch(
      list,
      all.slice(0, MOST).map((choice) => option(store, filter, choice)),
    );
    for (const one of list.querySelectorAll("input")) one.checked = chosen.includes(one.value);
  };
  follow(
    store,
    (state) => (box.open || nameless(state, filter).length ? addressOf(state.view, filter) : null),
    (/** @type {AnswerState<Breakdown>} */ { answer }) => {
      if (!answer) return;
      choices = choicesOf(answer, filter);
      tellNames(store, filter, choices);
      redraw();
    },
  );
  store.watch((state) => state.view, redraw);
  search.addEventListener("input", redraw);
  box.addEventListener("keydown", moveByArrow);
  box.addEventListener("toggle", () => {
    // The question is asked when the list is opened: tell those who watch.
    store.set({});
    redraw();
  });
  return box;
}

/** Chosen codes whose names are not known yet: an address may have brought them, or another list. @param {import("../page/state.js").State} state @param {Filter} filter */
function nameless({ view, names }, filter) {
  return chosenOf(view, filter).filter((code) => !names.has(`${filter} ${code}`));
}

/** @param {PageStore} store @param {Filter} filter @param {readonly Choice[]} choices */
function tellNames(store, filter, choices) {
  const told = new Map(store.get().names);
  for (const { code, name } of choices) told.set(`${filter} ${code}`, name);
  // What the service does not name is called by its code, and not asked about again.
  for (const code of nameless({ ...store.get(), names: told }, filter))
    told.set(`${filter} ${code}`, /** @type {Named} */ ({ ru: code, en: code }));
  store.set({ names: told });
}

/** @param {PageStore} store @param {Filter} filter @param {Choice} choice */
function option(store, filter, { code, name, count }) {
  const { language } = store.get().view;
  const toggleChoice = () => store.set({ view: withCode(store.get().view, filter, code) });
  const box = element("input", { type: "checkbox", value: code, "data-key": `${filter} ${code}`, onchange: toggleChoice });
  const texts = [element("span", { class: "name" }, name[language]), element("span", { class: "number" }, formatNumber(language, count))];
  return element("label", { "data-same": code }, box, ...texts);
}

/** Arrows go from entry to entry, Escape closes the list. @param {KeyboardEvent} event */
function moveByArrow(event) {
  const box = /** @type {HTMLDetailsElement} */ (event.currentTarget);
  if (!box.open) return;
  if (event.key === "Escape") {
    box.open = false;
    box.querySelector("summary")?.focus();
  } else {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const places = /** @type {HTMLElement[]} */ ([...box.querySelectorAll("summary, input:not([hidden])")]);
    const at = places.findIndex((place) => place === document.activeElement);
    if (!by || at < 0) return;
    places[Math.min(places.length - 1, Math.max(0, at + by))]?.focus();
  }
  event.preventDefault();
  event.stopPropagation();
}

/** @param {PageStore} store */
function duplicatesChoice(store) {
  const box = element("input", { type: "checkbox" });
  const text = element("span", {});
  box.addEventListener("change", () => {
    const { view } = store.get();
    const { duplicates: _, ...filters } = view.filters;
    store.set({ view: { ...view, filters: box.checked ? { ...filters, duplicates: "merge" } : filters } });
  });
  store.watch(
    (state) => state.view,
    ({ filters, language }) => {
      box.checked = filters["duplicates"] === "merge";
      text.textContent = words(language).overview.duplicates;
    },
  );
  return element("label", { class: "merge" }, box, text);
}
