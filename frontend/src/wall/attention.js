/** What needs looking at, on the wall: alerts, then what has changed, then where more is overdue than on average; each row has its number on the map. */

/** @import { Alert, AlertsAnswer, Change, ChangesAnswer } from "../alerts/alert_types.js" */
/** @import { State } from "../page/state.js" */
/** @import { Worst } from "../parts/worst.js" */
import { changeName, changeText, sureChanges } from "../alerts/alert_words.js";
import { nothingText, verdictMark } from "../alerts/lists.js";
import { isSomewhere } from "../map/alert_marks.js";
import { element } from "../page/dom.js";
import { reasonOf } from "../parts/worst.js";
import { words } from "../words/i18n.js";

/** So many rows fit at most; alerts and changes leave room for the others. */
const MOST = { all: 6, alerts: 4, changes: 3 };

/** @typedef {{ code: string } | { point: [number, number] } | null} Where a district by its code; null where it has no place of its own */
/** @typedef {{ title: string, text: (Node | string)[], where: Where }} Row */
/** @typedef {{ kind: string, title: string, rows: Row[], none: string }} Section none: what is said where it has no rows */
/** @typedef {{ alerts: AlertsAnswer | null, changes: ChangesAnswer | null, worst: readonly Worst[] }} Attention null where nobody could say */

/** @param {State} state @param {Attention} attention @returns {Section[]} */
export function sectionsOf(state, { alerts, changes, worst }) {
  const { language } = state.view;
  const { alerts: text, overview } = words(language);
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
  const third = worst.slice(0, MOST.all - first.length - second.length).map(({ district, excess }) => ({
    title: district.name[language],
    text: [reasonOf(language, district, excess)],
    where: { code: district.code },
  }));
  return [
    { kind: "alerts", title: text.title, rows: first, none: alerts ? nothingText(state, alerts) : text.noAnswer },
    { kind: "changes", title: text.changes, rows: second, none: changes ? text.changesNone : text.changesEndless },
    { kind: "overdue", title: overview.worst, rows: third, none: worst.length ? "" : overview.noneOverdue },
  ].filter(({ rows, none }) => rows.length || none);
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
  let kept = sections;
  let shown = drawSections(box, kept);
  while (box.scrollHeight > box.clientHeight + 1 && kept.length > 1) {
    kept = withoutOne(kept);
    shown = drawSections(box, kept);
  }
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
