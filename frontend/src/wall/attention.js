/** What needs looking at, on the wall: alerts, then what has changed, then where more is overdue than on average; each row has its number on the map. */

/** @import { Alert, AlertsAnswer, Change, ChangesAnswer } from "../alerts/alert_types.js" */
/** @import { DistrictRow, Districts } from "../page/answer_types.js" */
/** @import { Language, State } from "../page/state.js" */
/** @import { Worst } from "../parts/worst.js" */
import { changeName, changeText, sureChanges } from "../alerts/alert_words.js";
import { nothingText, verdictMark } from "../alerts/lists.js";
import { isSomewhere } from "../map/alert_marks.js";
import { element } from "../page/dom.js";
import { LEAST_MESSAGES } from "../parts/worst.js";
import { fill, formatNumber, words } from "../words/i18n.js";

/** So many rows are listed at most, as the screen has room; alerts and changes leave room for the others. */
const MOST = { all: 14, alerts: 6, changes: 5, worst: 6 };
/** With fewer rows than these the districts with most incidents follow: an empty half of a wall says nothing. */
const FEW = 6;
/** Text grows where there are few rows, as far as they fit. */
const SCALES = [1.5, 1.35, 1.2, 1.1, 1];

/** @typedef {{ code: string } | { point: [number, number] } | null} Where a district by its code; null where it has no place of its own */
/** @typedef {{ title: string, text: (Node | string)[], where: Where }} Row */
/** @typedef {{ kind: string, title: string, rows: Row[], none: string }} Section none: what is said where it has no rows */
/** @typedef {{ alerts: AlertsAnswer | null, changes: ChangesAnswer | null, worst: readonly Worst[], districts: Pick<Districts, "districts"> }} Attention null where nobody could say */

/** @param {State} state @param {Attention} attention @returns {Section[]} */
export function sectionsOf(state, { alerts, changes, worst, districts }) {
  const { language } = state.view;
  const { alerts: text, overview, wall } = words(language);
  const first = (alerts?.alerts ?? []).slice(0, MOST.alerts).map((alert) => ({
    title: alert.reason[language],
    text: verdictMark(language, alert),
    where: isSomewhere(alert) ? { point: /** @type {[number, number]} */ ([alert.place.lng, alert.place.lat]) } : null,
  }));
  const fresh = (changes?.changes ?? []).filter((change) => !(alerts?.alerts ?? []).some((alert) => isAbout(alert, change)));
  const second = sureChanges(fresh, { up: Math.min(MOST.changes, MOST.all - first.length), down: 0 }).up.map((change) => ({
    title: changeName(language, change),
    text: [changeText(language, change)],
    where: change.district?.code ? { code: change.district.code } : null,
  }));
  const third = worst.slice(0, Math.min(MOST.worst, MOST.all - first.length - second.length)).map((one) => ({
    title: one.district.name[language],
    text: [worstText(language, one)],
    where: { code: one.district.code },
  }));
  const fourth = mostRows(language, districts.districts, FEW - first.length - second.length - third.length);
  return [
    { kind: "alerts", title: text.title, rows: first, none: alerts ? nothingText(state, alerts) : text.noAnswer },
    { kind: "changes", title: text.changes, rows: second, none: changes ? text.changesNone : text.changesEndless },
    { kind: "overdue", title: overview.worst, rows: third, none: worst.length || fourth.length ? "" : overview.noneOverdue },
    { kind: "most", title: wall.most, rows: fourth, none: "" },
  ].filter(({ rows, none }) => rows.length || none);
}

/** How many are overdue, and how many would be; the title says the rest. @param {Language} language @param {Worst} worst */
function worstText(language, { district, excess }) {
  const number = (/** @type {number} */ value) => formatNumber(language, value);
  const usual = Math.max(0, district.overdue - Math.max(1, Math.round(excess)));
  const counts = { overdue: number(district.overdue), count: number(district.count), usual: number(usual) };
  return [fill(words(language).wall.reason, counts), ...themeOf(language, district)].join("; ");
}

/** The districts with most incidents. @param {Language} language @param {readonly DistrictRow[]} districts @param {number} most @returns {Row[]} */
function mostRows(language, districts, most) {
  const number = (/** @type {number} */ value) => formatNumber(language, value);
  const arrivals = (/** @type {DistrictRow} */ { count: n, n_compared: before }) =>
    before === null ? [] : [fill(words(language).wall.arrivals, { n: number(n), before: number(before) })];
  return districts
    .filter(({ count }) => count >= LEAST_MESSAGES)
    .sort((one, other) => other.count - one.count)
    .slice(0, Math.max(0, most))
    .map((one) => ({
      title: one.name[language],
      text: [[...arrivals(one), ...themeOf(language, one)].join("; ")],
      where: { code: one.code },
    }));
}

/** @param {Language} language @param {DistrictRow} district */
function themeOf(language, { leading_theme: theme }) {
  return theme ? [fill(words(language).wall.theme, { theme: theme.name[language], n: formatNumber(language, theme.n) })] : [];
}

/** Whether a change is what an alert tells of already: a wall has no room to say it twice. @param {Alert} alert @param {Change} change */
function isAbout({ theme, district }, change) {
  return Boolean(theme && district) && theme?.code === change.theme?.code && district?.code === change.district?.code;
}

/**
 * Show them, as many rows as the screen has room for.
 * @param {HTMLElement} box @param {readonly Section[]} sections @returns {Where[]} of the rows that are shown, in their order
 */
export function renderAttention(box, sections) {
  const fits = () => box.scrollHeight <= box.clientHeight + 1;
  const grow = (/** @type {number} */ scale) => box.style.setProperty("--number-scale", String(scale));
  grow(1);
  let kept = sections;
  let shown = drawSections(box, kept);
  while (!fits() && kept.length > 1) {
    kept = withoutOne(kept);
    shown = drawSections(box, kept);
  }
  SCALES.some((scale) => {
    grow(scale);
    return fits();
  });
  return shown;
}

/** @param {HTMLElement} box @param {readonly Section[]} sections @returns {Where[]} */
function drawSections(box, sections) {
  /** @type {Where[]} */
  const shown = [];
  box.replaceChildren(
    ...sections.flatMap(({ kind, title, rows, none }) => {
      const items = rows.map((row) =>
        element(
          "li",
          {},
          badge(shown.push(row.where)),
          element("div", {}, element("strong", {}, row.title), ...(row.text.length ? [element("p", {}, ...row.text)] : [])),
        ),
      );
      return [
        element("h2", {}, title),
        items.length ? element("ol", { "data-list": kind }, ...items) : element("p", { "data-list": kind }, none),
      ];
    }),
  );
  return shown;
}

/**
 * Without one row: of the longest section, the last of several, as long as each keeps one; the first, of alerts, counts as shorter by
 * one. After that the last section goes, with its title.
 * @param {readonly Section[]} sections @returns {Section[]}
 */
export function withoutOne(sections) {
  const lengths = sections.map(({ rows }, index) => (rows.length < 2 ? 0 : rows.length - (index ? 0 : 1)));
  const most = Math.max(...lengths);
  if (!most) return sections.slice(0, -1);
  const at = lengths.lastIndexOf(most);
  return sections.map((section, index) => (index === at ? { ...section, rows: section.rows.slice(0, -1) } : section));
}

/** @param {number} rank */
function badge(rank) {
  return element("span", { class: "badge" }, String(rank));
}
