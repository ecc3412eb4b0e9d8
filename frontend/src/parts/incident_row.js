/** One incident in a list: what it is about, where, since when, and whether it is late. */

/** @import { Incident, Names } from "../page/answer_types.js" */
/** @import { Language } from "../page/state.js" */
import { element } from "../page/dom.js";
import { fill, formatAgo, formatSpan, words } from "../words/i18n.js";

const OPEN = ["new", "assigned", "in_work", "interim", "answered", "returned"];

/** The name of a code of the answer, else the code itself. @param {Names} names @param {keyof Names} kind @param {string | null} code @param {Language} language */
export function nameOf(names, kind, code, language) {
  return code === null ? "" : (names[kind]?.[code]?.[language] ?? code);
}

/** @param {Language} language @param {string} status */
export function statusName(language, status) {
  const known = /** @type {Record<string, string>} */ (words(language).now.status);
  return known[status] ?? status;
}

/** Overdue by so much, due in so much, or how it was answered; "" for what is over. @param {Language} language @param {Pick<Incident, "status" | "due_at" | "answered_at">} incident @param {number} now ms since 1970 */
export function dueText(language, { status, due_at: due, answered_at: answered }, now) {
  const { answeredInTime, answeredLate, overdueBy, dueIn, noDeadline } = words(language).now;
  if (!OPEN.includes(status)) return "";
  if (due === null) return noDeadline;
  // An answer ends the deadline until the citizen sends it back.
  if (answered !== null && status !== "returned") return answered <= due ? answeredInTime : answeredLate;
  const seconds = (Date.parse(due) - now) / 1000;
  return fill(seconds < 0 ? overdueBy : dueIn, { time: formatSpan(language, Math.abs(seconds)) });
}

/** @param {Language} language @param {Pick<Incident, "received_at">} incident @param {number} now ms since 1970 */
export function ageText(language, { received_at: received }, now) {
  return formatAgo(language, Math.max(0, (now - Date.parse(received)) / 1000));
}

/**
 * @typedef {object} RowLook
 * @property {Language} language
 * @property {Names} names
 * @property {number} now ms since 1970
 * @property {boolean} [byDeadline] the list is by deadline: that stands first
 * @property {boolean} [arrived] it has just come
 * @property {string} [tabindex]
 */

/** @param {Incident} incident @param {RowLook} look @param {() => void} open */
export function incidentRow(incident, { language, names, now, byDeadline = false, arrived = false, tabindex = "0" }, open) {
  const { justIn, noDistrict } = words(language).now;
  const times = [ageText(language, incident, now), dueText(language, incident, now)].filter(Boolean);
  const late = element(
    "span",
    { class: incident.overdue ? "late" : "" },
    byDeadline || incident.overdue ? (times[1] ?? "") : (times[0] ?? ""),
  );
  const place = nameOf(names, "district", incident.district, language) || noDistrict;
  const more = [place, nameOf(names, "agency", incident.agency, language)].filter(Boolean);
  const button = element(
    "button",
    { type: "button", class: "incident", "data-key": `incident ${incident.id}`, tabindex, onclick: open },
    element("span", { class: "line" }, element("strong", {}, nameOf(names, "theme", incident.theme, language)), late),
    element(
      "span",
      { class: "line" },
      element("span", { class: "muted" }, more.join(" · ")),
      element("span", { class: "status" }, statusName(language, incident.status)),
    ),
  );
  if (arrived) button.firstElementChild?.append(element("span", { class: "just-in" }, justIn));
  return element("li", { "data-same": `row ${incident.id}`, ...(arrived && { class: "arrived" }) }, button);
}
