/** An incident: its status on the ladder, its times, what it is about and how well its place is known. */

/** @import { IncidentPlace } from "./place_answers.js" */
/** @import { PlaceView } from "./place.js" */
/** @import { Incident, Names } from "../page/answer_types.js" */
/** @import { Language, PageStore, View } from "../page/state.js" */
import { isCell, parentOf, resolutionOf } from "../page/hexagon.js";
import { element } from "../page/dom.js";
import { formatMoment } from "../words/dates.js";
import { fill, formatSpan, words } from "../words/i18n.js";
import { ageText, dueText, nameOf, statusName } from "../parts/incident_row.js";
import { hexagonNames } from "./hexagon_names.js";
import { actionButtons, textParts } from "./incident_actions.js";
import { keyOf, stepOut, toDistrict, toHexagon } from "../view/steps.js";

/** Near enough to see single places. */
const ZOOM = 14;
/** From where the map shows points on. @type {[number, number]} */
const SEEN = [12, 18];
/** Of the hexagon around it, where none was selected. */
const RESOLUTION = 8;
const LADDER = ["new", "assigned", "in_work", "interim", "answered", "closed"];

/** @param {PageStore} store @param {IncidentPlace} place @returns {PlaceView} */
export function incidentView(store, { incident, names, lineage, time_zone: timeZone }) {
  const { view } = store.get();
  const { language } = view;
  const { lng, lat, precision } = incident;
  const spot =
    lng === null || lat === null
      ? null
      : { key: keyOf(view), bounds: null, point: /** @type {[number, number]} */ ([lng, lat]), zoom: ZOOM, seen: SEEN, mark: precision };
  return {
    title: nameOf(names, "theme", incident.theme, language),
    kind: [nameOf(names, "sector", incident.sector, language), `№ ${incident.id}`].filter(Boolean).join(" · "),
    path: view.alert
      ? [{ text: words(language).alerts.one, open: () => stepOut(store) }]
      : [
          ...lineage.map(({ code, name }) => ({ text: name[language], open: () => toDistrict(store, code) })),
          ...hexagonAround(store, incident, view),
        ],
    parts: [
      ...textParts(store, incident),
      actionButtons(language, incident, names, timeZone),
      ladderOf(language, incident.status),
      section(words(language).now.times, timesOf(language, incident, timeZone)),
      section(words(language).now.about, factsOf(language, incident, names)),
      ...(spot
        ? [
            element(
              "button",
              { type: "button", "data-key": "to-map", onclick: () => store.set({ spot: { ...spot } }) },
              words(language).now.toMap,
            ),
          ]
        : []),
    ],
    spot,
  };
}

const nameOfHexagon = hexagonNames();

/**
 * The selected hexagon where it holds the incident, else one of its neighbourhood, by its place.
 * @param {PageStore} store @param {Incident} incident @param {View} view
 */
function hexagonAround(store, { h3 }, view) {
  if (!h3) return [];
  const { cell, language } = view;
  const own = isCell(cell) && parentOf(h3, resolutionOf(cell)) === cell;
  const around = own ? cell : parentOf(h3, RESOLUTION);
  // The panel is drawn anew for any new view.
  const name = nameOfHexagon(around, view, () => store.set({ view: { ...store.get().view } }));
  return [{ text: name?.[language] ?? words(language).access.oneHexagon, open: () => toHexagon(store, around) }];
}

/** The steps of the ladder; returned, rejected and duplicate are on it only when that is where it stands. @param {string} status */
export function ladderWith(status) {
  if (LADDER.includes(status)) return LADDER;
  return status === "returned" ? [...LADDER.slice(0, -1), "returned", "closed"] : ["new", status];
}

/** @param {Language} language @param {string} status */
function ladderOf(language, status) {
  const { ladder, now } = words(language).now;
  const steps = ladderWith(status);
  const rows = steps.map((step, at) => {
    const here = step === status;
    const note = here ? [element("span", { class: "unseen" }, ` (${now})`)] : [];
    return element(
      "li",
      { class: here ? "here" : at < steps.indexOf(status) ? "past" : "", ...(here && { "aria-current": "step" }) },
      statusName(language, step),
      ...note,
    );
  });
  return section(ladder, element("ol", { class: "ladder" }, ...rows));
}

/** @param {Language} language @param {Incident} incident @param {string} timeZone */
function timesOf(language, incident, timeZone) {
  const { now: text } = words(language);
  const now = Date.now();
  const { received_at: received, due_at: due, answered_at: answered, closed_at: closed } = incident;
  const moment = (/** @type {string} */ instant) => formatMoment(language, instant, timeZone);
  const after = (/** @type {string} */ instant) =>
    fill(text.after, { time: formatSpan(language, Math.max(0, (Date.parse(instant) - Date.parse(received)) / 1000)) });
  const over = ["closed", "rejected", "duplicate"].includes(incident.status);
  return facts([
    [text.received, moment(received), ageText(language, incident, now)],
    [text.due, due ? moment(due) : text.noDeadline, due ? dueText(language, incident, now) : "", incident.overdue],
    [text.answered, answered ? moment(answered) : over ? text.endedWithout : text.notAnswered, answered ? after(answered) : ""],
    [text.closed, closed ? moment(closed) : incident.status === "closed" ? text.unknown : text.notClosed, closed ? after(closed) : ""],
  ]);
}

/** @param {Language} language @param {Incident} incident @param {Names} names */
function factsOf(language, incident, names) {
  const { fields, unknown, precision } = words(language).now;
  const named = /** @type {const} */ (["theme", "sector", "source", "agency", "district"]);
  const where = incident.lat === null || incident.lng === null ? "" : `${incident.lat.toFixed(5)}, ${incident.lng.toFixed(5)}`;
  return facts([
    ...named.map(
      (kind) => /** @type {[string, string, string]} */ ([fields[kind], nameOf(names, kind, incident[kind], language) || unknown, ""]),
    ),
    ...(incident.external_id
      ? [/** @type {[string, string, string]} */ ([words(language).access.externalId, incident.external_id, ""])]
      : []),
    [fields.precision, /** @type {Record<string, string>} */ (precision)[incident.precision] ?? incident.precision, where],
  ]);
}

/** @param {[string, string, string, boolean?][]} rows name, value, note, whether that is bad */
function facts(rows) {
  return element(
    "dl",
    { class: "facts" },
    ...rows.map(([name, value, note, bad = false]) =>
      element(
        "div",
        {},
        element("dt", {}, name),
        element("dd", {}, value, ...(note ? [element("span", { class: bad ? "note late" : "note" }, note)] : [])),
      ),
    ),
  );
}

/** @param {string} title @param {Node} content */
function section(title, content) {
  return element("section", {}, element("h3", {}, title), content);
}
