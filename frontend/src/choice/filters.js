/** What the choice is narrowed by beside sectors and time: status, source, theme, agency, district; each list is asked for when it is opened. */

/** @import { Told } from "../page/answers.js" */
/** @import { Language, Named, PageStore, View } from "../page/state.js" */
import { follow } from "../page/answers.js";
import { byId, element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { fill, formatNumber, words } from "../words/i18n.js";

/** @typedef {"status" | "source" | "theme" | "agency" | "district"} Filter */
/** @typedef {{ code: string, name: Named, count: number }} Choice */
/** @typedef {{ dimensions: { code: string, entries: { code: string | null, name: Named | null }[] }[], cells: Record<string, unknown>[] }} Breakdown */

/** @type {readonly Filter[]} */
const FILTERS = ["status", "source", "theme", "agency", "district"];
const STATUS_GROUPS = /** @type {const} */ (["open", "closed", "overdue"]);
/** More than this many cannot be looked through: they are searched. */
const MOST = 60;
const SEARCHED_FROM = 9;

/** @param {PageStore} store */
export function showFilters(store) {
  const chips = element("ul", { id: "chips", hidden: true });
  byId("filters").append(chips, ...FILTERS.map((filter) => disclosure(store, filter)));
  store.watch((state) => state.view, () => drawChips(store, chips));
  store.watch((state) => state.names, () => drawChips(store, chips));
}

/** The chosen codes of a filter. @param {View} view @param {string} filter */
export function chosenOf({ filters }, filter) {
  return (filters[filter] ?? "").split(",").filter(Boolean);
}

/** The view with one code more, or one less. @param {View} view @param {string} filter @param {string} code @returns {View} */
export function withCode(view, filter, code) {
  const codes = chosenOf(view, filter);
  const next = codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code];
  const { [filter]: _, ...others } = view.filters;
  return { ...view, filters: next.length ? { ...others, [filter]: next.join(",") } : others };
}

/**
 * Those whose name or code holds every word that is searched for, the frequent ones first.
 * @param {readonly Choice[]} choices @param {string} search @param {Language} language
 */
export function found(choices, search, language) {
  const sought = search.toLocaleLowerCase(language).replaceAll("ё", "е").split(/\s+/).filter(Boolean);
  const holds = (/** @type {Choice} */ { code, name }) => {
    const text = `${name[language]} ${code}`.toLocaleLowerCase(language).replaceAll("ё", "е");
    return sought.every((word) => text.includes(word));
  };
  return choices.filter(holds).toSorted((one, other) => other.count - one.count || one.name[language].localeCompare(other.name[language], language));
}

/** @param {PageStore} store @param {Filter} filter */
function disclosure(store, filter) {
  const title = element("summary", {});
  const search = element("input", { type: "search", autocomplete: "off" });
  const list = element("ul", { class: "options", role: "group" });
  const box = element("details", { class: "filter", "data-filter": filter }, title, search, list);
  /** @type {Choice[]} */
  let choices = [];
  let open = false;

  const draw = () => {
    const { view } = store.get();
    const { overview } = words(view.language);
    const chosen = chosenOf(view, filter);
    title.textContent = chosen.length ? fill(overview.chosen, { name: overview.filters[filter], number: chosen.length }) : overview.filters[filter];
    search.placeholder = overview.search;
    search.setAttribute("aria-label", `${overview.search}: ${overview.filters[filter]}`);
    list.setAttribute("aria-label", overview.filters[filter]);
    search.hidden = choices.length < SEARCHED_FROM;
    if (!open) return;
    const focused = /** @type {HTMLInputElement | null} */ (list.contains(document.activeElement) ? document.activeElement : null)?.value;
    const shown = found(choices, search.value, view.language).slice(0, MOST);
    const none = choices.length && !shown.length ? [element("li", { class: "muted" }, overview.notFound)] : [];
    list.replaceChildren(...none, ...shown.map((choice) => option(store, filter, choice, chosen.includes(choice.code))));
    /** @type {HTMLElement | null} */ (focused ? list.querySelector(`input[value="${CSS.escape(focused)}"]`) : null)?.focus();
  };
  follow(store, (state) => (open ? addressOf(state.view, filter) : null), (/** @type {Told<Breakdown>} */ { answer }) => {
    if (!answer) return;
    choices = choicesOf(answer, filter);
    open = box.open;
    if (filter === "status") choices = [...groupsOf(), ...choices];
    store.set({ names: new Map([...store.get().names, ...choices.map(({ code, name }) => /** @type {[string, Named]} */ ([`${filter} ${code}`, name]))]) });
    draw();
  });
  store.watch((state) => state.view, draw);
  search.addEventListener("input", draw);
  box.addEventListener("toggle", () => {
    open = box.open;
    // The question is asked when the list is opened: tell those who watch.
    store.set({});
    draw();
  });
  // Names of what the address has chosen are wanted before any list is opened.
  if (chosenOf(store.get().view, filter).length) open = true;
  return box;
}

/** All that the rest of the choice leaves. @param {View} view @param {Filter} filter */
function addressOf(view, filter) {
  return `/api/breakdown?${countedQuery(view, { by: filter, [filter]: "", ...(filter === "district" ? { level: "district" } : {}) })}`;
}

/** @param {Breakdown} answer @param {Filter} filter @returns {Choice[]} */
function choicesOf({ dimensions: [dimension], cells }, filter) {
  const counts = new Map(cells.map((cell) => [cell[filter], Number(cell["count"])]));
  return (dimension?.entries ?? []).flatMap(({ code, name }) => (code && name ? [{ code, name, count: counts.get(code) ?? 0 }] : []));
}

/** @returns {Choice[]} */
function groupsOf() {
  const [ru, en] = [words("ru"), words("en")].map(({ overview }) => overview.statusGroups);
  return STATUS_GROUPS.filter((code) => code !== "closed").map((code) => ({ code, name: { ru: ru?.[code] ?? code, en: en?.[code] ?? code }, count: Infinity }));
}

/** @param {PageStore} store @param {Filter} filter @param {Choice} choice @param {boolean} checked */
function option(store, filter, { code, name, count }, checked) {
  const { language } = store.get().view;
  const box = element("input", { type: "checkbox", value: code });
  box.checked = checked;
  box.addEventListener("change", () => store.set({ view: withCode(store.get().view, filter, code) }));
  return element("li", {}, element("label", {}, box, element("span", { class: "name" }, name[language]), element("span", { class: "number" }, Number.isFinite(count) ? formatNumber(language, count) : "")));
}

/** @param {PageStore} store @param {HTMLElement} chips */
function drawChips(store, chips) {
  const { names, view } = store.get();
  const { overview } = words(view.language);
  const known = /** @type {Record<string, string>} */ (overview.filters);
  const made = Object.keys(view.filters).flatMap((filter) => chosenOf(view, filter).map((code) => {
    const name = names.get(`${filter} ${code}`)?.[view.language] ?? code;
    const remove = () => store.set({ view: withCode(store.get().view, filter, code) });
    return element("li", {}, element("button", { type: "button", class: "chip", "aria-label": fill(overview.remove, { name: `${known[filter] ?? filter}: ${name}` }), onclick: remove }, `${known[filter] ?? filter}: ${name}`, element("span", { "aria-hidden": "true" }, " ×")));
  }));
  const clear = () => store.set({ view: { ...store.get().view, filters: {} } });
  if (made.length > 1) made.push(element("li", {}, element("button", { type: "button", class: "link", onclick: clear }, overview.clearAll)));
  chips.hidden = made.length === 0;
  chips.replaceChildren(...made);
}
