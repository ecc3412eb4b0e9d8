/** What stands around the tables of the panels: their names, what is chosen for them, their files. */

/** @import { Dimension, Language, PageStore, State, View } from "../page/state.js" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { Dictionary } from "../words/i18n.js" */
import { follow } from "../page/answers.js";
import { element, patch } from "../page/dom.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { showAnswer } from "../parts/figures.js";
import { fileLinks } from "./files.js";
import { isShown } from "../view/steps.js";

/** More rows than these nobody reads: the file has them all. */
export const MOST_ROWS = 200;

/**
 * @template Answer
 * @typedef {object} Part
 * @property {string} id
 * @property {(overview: Dictionary["overview"]) => string} title
 * @property {string} file name of what is downloaded
 * @property {(state: State) => string} addressOf
 * @property {(answer: Answer) => (Node | string)[]} render
 * @property {(state: State) => unknown} [redrawnBy] what else the table depends on, beside the answer and the language
 */

/**
 * A table that is asked for while the analysis is looked at.
 * @template Answer
 * @param {PageStore} store @param {Part<Answer>} part @param {HTMLElement[]} choices what is chosen for it
 */
export function tablePart(store, { id, title, file, addressOf, render, redrawnBy = () => "" }, choices = []) {
  const body = element("div", { id });
  /** @type {AnswerState<Answer> | null} */
  let state = null;
  const redraw = () => {
    if (state) showAnswer(body, state, store.get().view.language, render);
  };
  follow(
    store,
    (state) => (isShown(state, "analysis") ? addressOf(state) : null),
    (/** @type {AnswerState<Answer>} */ answer) => {
      state = answer;
      redraw();
    },
  );
  store.watch((state) => `${state.view.language} ${redrawnBy(state)}`, redraw);
  return element("div", {}, tableHead(store, title, file, addressOf, choices), body);
}

/**
 * A table's name, what is chosen for it, and its files: of the same selection.
 * @param {PageStore} store @param {(overview: Dictionary["overview"]) => string} title @param {string} file its name without an end
 * @param {(state: State) => string} addressOf @param {HTMLElement[]} choices
 */
export function tableHead(store, title, file, addressOf, choices = []) {
  const [name, links] = [element("h2", {}), element("span", { class: "table-files" })];
  store.watch(
    (state) => state.view,
    (view, state) => {
      const { overview } = words(view.language);
      name.textContent = title(overview);
      patch(links, fileLinks(view.language, title(overview), addressOf(state), file));
    },
  );
  return element("div", { class: "tools" }, name, ...choices, links);
}

/**
 * The choice of a dimension.
 * @param {PageStore} store
 * @param {{ id: string, name: "rows" | "columns", among: readonly Dimension[], pick: (view: View) => Dimension, change: (view: View, code: Dimension) => Partial<View> }} choice
 */
export function dimensionChoice(store, { id, name, among, pick, change }) {
  const made = element("select", { id });
  made.addEventListener("change", () => {
    const { view } = store.get();
    store.set({ view: { ...view, ...change(view, among.find((code) => code === made.value) ?? pick(view)) } });
  });
  store.watch(
    (state) => state.view.language,
    (language, { view }) => {
      const { overview } = words(language);
      made.setAttribute("aria-label", overview[name]);
      made.replaceChildren(...among.map((code) => element("option", { value: code }, overview.dimensions[code])));
      made.value = pick(view);
    },
  );
  store.watch(
    (state) => pick(state.view),
    (code) => {
      made.value = code;
    },
  );
  return made;
}

/** What is said of a table that has been cut. @param {Language} language @param {number} all */
export function cutNote(language, all) {
  if (all <= MOST_ROWS) return [];
  return [element("p", { class: "muted" }, fill(words(language).overview.mostRows, { most: MOST_ROWS, all: formatNumber(language, all) }))];
}

/** Opens the panel wide, or makes it narrow again. @param {PageStore} store */
export function widerButton(store) {
  const made = element("button", { type: "button", class: "link wider" });
  made.addEventListener("click", () => store.set({ view: { ...store.get().view, wide: !store.get().view.wide } }));
  store.watch(
    (state) => state.view,
    ({ language, wide }) => {
      const { narrower, wider } = words(language).overview;
      made.textContent = wide ? narrower : wider;
    },
  );
  return made;
}
