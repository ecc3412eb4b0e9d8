/** The wall's key numbers, each beside what it was in the period before. */

/** @import { Language } from "../page/state.js" */
/** @import { Both } from "../parts/totals.js" */
import { element } from "../page/dom.js";
import { changeOf, hoursOf } from "../parts/figures.js";
import { byChance } from "../parts/worst.js";
import { fill, formatNumber, words } from "../words/i18n.js";

/** From here on a number is told in short, or it would not be legible from afar. */
const LONG = 1_000_000;

/** @param {HTMLElement} box @param {Language} language @param {Both} both */
export function drawFigures(box, language, { now, before }) {
  const { overview, wall } = words(language);
  const [numbers, then] = [now.measures, before?.measures];
  // Of what came in the period before more is handled by now: of the counts only arrivals can be set against those before.
  const counts = /** @type {const} */ (["count", "open", "overdue", "closed"]).map((name) =>
    figureOf(
      name,
      overview.names[name],
      short(language, numbers[name]),
      then && name === "count"
        ? [fill(wall.before, { value: short(language, then.count) }), ...changed(language, numbers.count, then.count)]
        : [],
    ),
  );
  const was = then ? [fill(wall.before, { value: "" }), hoursOf(language, then.answer_hours)] : [];
  const times = figureOf("answer_hours", overview.names.answer_hours, hoursOf(language, numbers.answer_hours), was);
  box.replaceChildren(...counts, times);
}

/** @param {Language} language @param {number} now @param {number} before */
function changed(language, now, before) {
  if (!before) return [];
  return [" · ", byChance(now, before) ? words(language).wall.same : changeOf(language, now / before - 1)];
}

/** @param {string} name @param {string} label @param {Node | string} value @param {(Node | string)[]} note */
function figureOf(name, label, value, note) {
  return element(
    "div",
    { "data-figure": name, ...(value === "0" && { "data-zero": true }) },
    element("dt", {}, label),
    element("dd", {}, value),
    element("dd", { class: "note" }, ...note),
  );
}

/** @param {Language} language @param {number} value */
export function short(language, value) {
  if (value < LONG) return formatNumber(language, value);
  return formatNumber(language, value, { notation: "compact", maximumSignificantDigits: 3 });
}
