/** What the panels share: numbers with their marks, and saying that an answer is old. */

/** @import { Language } from "../page/state.js" */
/** @import { AnswerState } from "../page/answers.js" */
import { element, patch } from "../page/dom.js";
import { counted, fill, formatMeasured, formatNumber, formatShare, words } from "../words/i18n.js";

/** Below so many messages a share, a median or a change says little. */
export const SMALL = 20;
/** The last answer stays so long as it is before it fades, ms. */
const PATIENCE_MS = 300;

/** A number, or a dash that is read as "no data". @param {Language} language @param {number | null} value @param {Intl.NumberFormatOptions} [options] */
export function figure(language, value, options = {}) {
  if (value === null) return element("span", { title: words(language).overview.none, class: "muted" }, "—");
  return formatNumber(language, value, options);
}

/** A share as per cent, marked where it is of few. @param {Language} language @param {number | null} share @param {number} of */
export function shareOf(language, share, of) {
  return share === null ? figure(language, null) : marked(language, formatShare(language, share), of);
}

/**
 * What is of few is grey, and says of how many; in a table, where there is no room, an asterisk stands for it.
 * @param {Language} language @param {Node | string} text @param {number} of
 */
export function marked(language, text, of) {
  if (of >= SMALL) return text;
  const small = fill(words(language).overview.small, { n: formatNumber(language, of) });
  const mark = element("span", { class: "few-mark", "aria-hidden": "true" }, "*");
  return element("span", { class: "few", title: small }, text, mark, element("span", { class: "few-count" }, ` ${small}`));
}

/** A change with sign and arrow, marked where it is of few. @param {Language} language @param {number | null} change @param {number} of how many there were before */
export function changeOf(language, change, of = SMALL) {
  if (change === null) return figure(language, null);
  const text = formatMeasured(language, "change", change);
  const arrow = Math.round(change * 100) === 0 ? "" : change > 0 ? " ▲" : " ▼";
  return element("span", { class: "change" }, marked(language, text, of), element("span", { "aria-hidden": "true" }, arrow));
}

/** @param {Language} language @param {number | null} hours @param {number} of how many they are the median of: marked where few */
export function hoursOf(language, hours, of = SMALL) {
  if (hours === null) return figure(language, null);
  const digits = hours < 10 ? 1 : 0;
  return marked(
    language,
    fill(words(language).overview.hours, { value: formatNumber(language, hours, { maximumFractionDigits: digits }) }),
    of,
  );
}

/** A name that is a step. @param {string} key @param {string} name @param {() => void} open */
export function linkButton(key, name, open) {
  return element("button", { type: "button", class: "link", "data-key": key, onclick: open }, name);
}

/** How many are overdue, on a button. @param {Language} language @param {{ overdue: number } | null} counts */
export function overdueBadge(language, counts) {
  if (!counts?.overdue) return [];
  const text = counted(language, counts.overdue, words(language).overdueCount);
  return [
    " ",
    element("span", { class: "badge", "aria-hidden": "true", title: text }, formatNumber(language, counts.overdue)),
    element("span", { class: "unseen" }, text),
  ];
}

/**
 * Show an answer in a box: what is drawn stays while the next is on its way, and is said to be old where none comes.
 * @template Answer
 * @param {HTMLElement} box
 * @param {AnswerState<Answer>} state
 * @param {Language} language
 * @param {(answer: Answer) => (Node | string)[]} render
 */
export function showAnswer(box, state, language, render) {
  const { answer, stale, problem } = state;
  clearTimeout(waiting.get(box));
  box.classList.remove("old");
  // What stays is told in words, and must be legible.
  if (stale && answer && !problem)
    waiting.set(
      box,
      setTimeout(() => box.classList.add("old"), PATIENCE_MS),
    );
  const { earlier, loading, noAnswer, none } = words(language).overview;
  // What is wrong with the choice is told once for the whole page.
  if (!answer)
    return box.replaceChildren(element("p", { class: "muted" }, problem?.kind === "refused" ? none : problem ? noAnswer : loading));
  const note = problem ? [element("p", { class: "muted" }, problem.kind === "refused" ? earlier : noAnswer)] : [];
  return patch(box, [...note, ...render(answer)]);
}

/** @type {WeakMap<HTMLElement, ReturnType<typeof setTimeout>>} */
const waiting = new WeakMap();
