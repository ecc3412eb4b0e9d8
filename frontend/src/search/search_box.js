/** The search box: a combobox whose list holds what the service finds, grouped by type. */

/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore } from "../page/state.js" */
/** @import { Result, SearchAnswer } from "./found.js" */
import { icon } from "../charts/icons.js";
import { follow } from "../page/answers.js";
import { byId, element, patch } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";
import { aboutResult, chooseResult, foundText, groupResults, keyOfResult, searchAddress } from "./found.js";

/** While somebody types nothing is asked, ms. */
const PAUSE_MS = 150;
const LIST = "search-results";
const ADDRESS = "find-address";

/** @param {PageStore} store */
export function showSearch(store) {
  const input = element("input", {
    type: "search", role: "combobox", maxlength: "100", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": LIST,
  }); // biome-ignore format: one attribute beside the other
  const list = element("div", { id: LIST, role: "listbox", hidden: true });
  const said = element("p", { class: "unseen", role: "status" });
  byId("search").append(input, icon("search"), list, said);
  const box = new SearchBox(store, input, list, said);
  follow(
    store,
    ({ sought, view }) => searchAddress(sought, view.language),
    (/** @type {AnswerState<SearchAnswer>} */ loaded) => box.take(loaded),
  );
  store.watch(
    (state) => state.view.language,
    () => box.render(),
  );
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** What is typed, what was found, and which result the keyboard stands on. */
class SearchBox {
  /** @type {AnswerState<SearchAnswer> | null} */
  loaded = null;
  /** The key of the result that Enter chooses; "" for the first. */
  active = "";
  /** Whether Enter was pressed before the answer came. */
  entered = false;
  isOpen = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  waiting;

  /** @param {PageStore} store @param {HTMLInputElement} input @param {HTMLElement} list @param {HTMLElement} said */
  constructor(store, input, list, said) {
    this.store = store;
    this.input = input;
    this.list = list;
    this.said = said;
    input.addEventListener("input", () => this.type());
    input.addEventListener("focus", () => this.open(Boolean(this.text)));
    input.addEventListener("blur", () => this.open(false));
    input.addEventListener("keydown", (event) => this.press(event));
    // The list must not take the focus from the box.
    list.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  get text() {
    return this.input.value.trim();
  }

  type() {
    clearTimeout(this.waiting);
    this.active = "";
    this.entered = false;
    this.open(Boolean(this.text));
    this.waiting = setTimeout(() => this.ask(false), PAUSE_MS);
  }

  /** @param {boolean} address whether addresses are searched, too */
  ask(address) {
    clearTimeout(this.waiting);
    this.store.set({ sought: { text: this.text, address } });
    if (!this.text) this.render();
  }

  /** @param {AnswerState<SearchAnswer>} loaded */
  take(loaded) {
    this.loaded = loaded;
    this.render();
    const { answer, stale, problem } = loaded;
    if (!this.isOpen || !answer || stale || problem) return;
    const { view, sought } = this.store.get();
    const text = foundText(view.language, answer, sought);
    if (this.said.textContent !== text) this.said.textContent = text;
    if (this.entered && answer.results[0]) this.choose(answer.results[0]);
    this.entered = false;
  }

  /** @param {boolean} isOpen */
  open(isOpen) {
    this.isOpen = isOpen;
    this.render();
  }

  render() {
    const { language } = this.store.get().view;
    const { search } = words(language);
    this.input.placeholder = search.placeholder;
    this.input.title = search.hint;
    this.input.setAttribute("aria-label", search.label);
    this.list.setAttribute("aria-label", search.results);
    const parts = this.isOpen && this.text ? this.parts() : [];
    this.list.hidden = !parts.length;
    this.input.setAttribute("aria-expanded", String(parts.length > 0));
    patch(this.list, parts);
    const active = this.options().find(({ dataset }) => dataset["key"] === this.active);
    for (const option of this.options()) option.setAttribute("aria-selected", String(option === active));
    if (active) this.input.setAttribute("aria-activedescendant", active.id);
    else this.input.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  }

  /** @returns {Node[]} */
  parts() {
    const { sought, view } = this.store.get();
    const { search } = words(view.language);
    const { answer, stale, problem } = this.loaded ?? { answer: null, stale: true, problem: null };
    if (!answer) return problem ? [note(problem.kind === "refused" ? problem.detail : search.noAnswer)] : [];
    const groups = groupResults(answer.results).map(([type, results]) =>
      element(
        "div",
        { role: "group", "aria-label": search.types[type], "data-same": type },
        element("p", { class: "muted", "aria-hidden": "true" }, search.types[type]),
        ...results.map((result) => this.option(result)),
      ),
    );
    const offered = answer.address_search && !sought.address && !stale ? [this.addressOption()] : [];
    const none = stale || (answer.results.length && !answer.unavailable.length) ? [] : [note(foundText(view.language, answer, sought))];
    const source = answer.attribution ? [note(answer.attribution)] : [];
    return [...(problem ? [note(search.noAnswer)] : []), ...groups, ...none, ...offered, ...source];
  }

  /** @param {Result} result */
  option(result) {
    const { language } = this.store.get().view;
    const key = keyOfResult(result);
    const choose = () => this.choose(result);
    const texts = [element("span", {}, result.name[language]), element("span", { class: "muted" }, aboutResult(language, result))];
    return element("div", { role: "option", id: `search-${key}`, "data-key": key, "aria-selected": "false", onclick: choose }, ...texts);
  }

  addressOption() {
    const { findAddress } = words(this.store.get().view.language).search;
    const text = fill(findAddress, { text: this.text });
    const ask = () => this.ask(true);
    return element(
      "div",
      { role: "option", id: ADDRESS, "data-key": ADDRESS, "aria-selected": "false", onclick: ask },
      element("span", {}, text),
    );
  }

  options() {
    return /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll("[role=option]")]);
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.key === "Enter") this.enter();
    else if (event.key === "Escape") this.escape();
    else if (event.key === "ArrowDown") this.step(1);
    else if (event.key === "ArrowUp") this.step(-1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {1 | -1} by */
  step(by) {
    this.isOpen = Boolean(this.text);
    this.render();
    const keys = this.options().map(({ dataset }) => dataset["key"] ?? "");
    if (!keys.length) return;
    const at = keys.indexOf(this.active);
    this.active = keys[at < 0 && by < 0 ? keys.length - 1 : (at + by + keys.length) % keys.length] ?? "";
    this.render();
  }

  enter() {
    const { sought } = this.store.get();
    const chosen = this.options().find(({ dataset }) => dataset["key"] === this.active);
    if (chosen) return chosen.click();
    const { answer, stale } = this.loaded ?? { answer: null, stale: true };
    const first = answer?.results[0];
    if (sought.text === this.text && !stale && first) return this.choose(first);
    // What was typed just now is asked at once, and its best result chosen when it comes.
    this.entered = Boolean(this.text);
    this.open(this.entered);
    return this.ask(sought.address && sought.text === this.text);
  }

  /** First the list goes, then what was typed, then the focus. */
  escape() {
    if (!this.list.hidden) return this.open(false);
    if (!this.text) return this.input.blur();
    this.input.value = "";
    return this.ask(false);
  }

  /** @param {Result} result */
  choose(result) {
    const { language } = this.store.get().view;
    this.input.value = "";
    this.active = "";
    this.ask(false);
    this.open(false);
    // The focus follows what has been opened.
    this.input.blur();
    if (!chooseResult(this.store, result)) this.said.textContent = fill(words(language).search.filtered, { name: result.name[language] });
  }
}

/** @param {string} text */
function note(text) {
  return element("p", { class: "muted" }, text);
}
