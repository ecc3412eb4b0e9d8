/** An opened alert: its reason, how it came, who answers, and the ways to its messages and its place. */

/** @import { AlertPlace } from "../panels/place_answers.js" */
/** @import { PlaceView } from "../panels/place.js" */
/** @import { Language, PageStore, Spot } from "../page/state.js" */
/** @import { Alert, AlertEvidence } from "./alert_types.js" */
import { drawChart } from "../parts/timeline_chart.js";
import { element } from "../page/dom.js";
import { statusName } from "../parts/incident_row.js";
import { latestList, stepsList } from "../parts/place_parts.js";
import { keyOf, toAlert, toDistrict } from "../view/steps.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { aboutAlert, expectedText, momentText } from "./alert_words.js";
import { verdictMark } from "./lists.js";
import { barsOf } from "./series.js";
import { verdictForm } from "./verdict.js";

/** Of the series, px. */
const CHART = { width: 340, height: 110 };
/** So far around a place the map shows, degrees: its neighbours are seen as well. */
const AROUND = { lng: 0.22, lat: 0.15 };
/** Nearer than this a place has nothing around it to be known by. */
const MOST_ZOOM = 11;
const MOST_AGENCIES = 6;

/** @param {PageStore} store @param {AlertPlace} place @returns {PlaceView} */
export function alertView(store, { alert, latest, lineage, bounds }) {
  const { view, summary } = store.get();
  const { language } = view;
  const { alerts } = words(language);
  const zone = latest.time_zone ?? summary?.time_zone;
  const state = alert.closed ? fill(alerts.closedAt, { time: momentText(language, alert.closed, zone) }) : alerts.open;
  return {
    title: alert.reason[language],
    here: alert.place.name[language],
    kind: [alerts.one, state, aboutAlert(language, alert, Date.now())].join(" · "),
    // An alert of a district is called by it: the district is no step back then.
    path: lineage
      .filter(({ code }) => alert.place.key !== `d:${code}`)
      .map(({ code, name }) => ({ text: name[language], open: () => toDistrict(store, code) })),
    parts: [
      ...verdictOf(language, alert, zone),
      ...verdictForm(store, alert),
      buttonsOf(store, alert),
      factsOf(language, alert, zone),
      ...seriesOf(language, alert, zone),
      latestList(store, latest),
      ...agenciesOf(language, alert),
      ...statusesOf(language, alert),
      ...placesOf(language, alert),
      ...neighboursOf(store, alert),
    ],
    spot: spotOf(keyOf(view), alert, bounds),
  };
}

/** @param {string} key @param {Alert} alert @param {Spot["bounds"]} bounds of its district, where it is about one @returns {Spot | null} */
export function spotOf(key, { place: { lng, lat } }, bounds) {
  return { key, bounds: bounds ?? around(lng, lat), point: null, zoom: MOST_ZOOM, seen: [0, MOST_ZOOM], mark: "" };
}

/** @param {number} lng @param {number} lat @returns {[number, number, number, number]} */
function around(lng, lat) {
  return [lng - AROUND.lng, lat - AROUND.lat, lng + AROUND.lng, lat + AROUND.lat];
}

/** What the desk has found, and when. @param {Language} language @param {Alert} alert @param {string} zone */
function verdictOf(language, alert, zone) {
  if (!alert.verdict) return [];
  const { note, at, by } = alert.verdict;
  const said = [momentText(language, at, zone), by].filter(Boolean).join(" · ");
  return [
    element(
      "section",
      { class: "desk" },
      element("h3", {}, words(language).alerts.desk),
      element("p", {}, ...verdictMark(language, alert), note && ` ${note}`),
      element("p", { class: "muted" }, said),
    ),
  ];
}

/** @param {PageStore} store @param {AlertEvidence} alert */
function buttonsOf(store, alert) {
  const { alerts } = words(store.get().view.language);
  const showMessages = () => {
    toAlert(store, alert);
    // They are listed beside the map; what was chosen before is gone, as after any choice.
    store.set({ view: { ...store.get().view, alert: "", tab: "now", list: "received" }, beforeAlert: null });
  };
  const showOnMap = () => {
    toAlert(store, alert);
    const { spot } = store.get();
    if (spot) store.set({ spot: { ...spot } });
  };
  return element(
    "div",
    { class: "buttons" },
    element("button", { type: "button", "data-key": "alert messages", onclick: showMessages }, alerts.showMessages),
    element("button", { type: "button", "data-key": "alert map", onclick: showOnMap }, alerts.showOnMap),
  );
}

/** @param {Language} language @param {Alert} alert @param {string} zone */
function factsOf(language, alert, zone) {
  const {
    alerts: { facts, windows },
  } = words(language);
  const window = /** @type {Record<string, string>} */ (windows)[alert.window] ?? alert.window;
  const moment = (/** @type {string} */ instant) => momentText(language, instant, zone);
  const rows = [
    [facts.n, formatNumber(language, alert.n)],
    [facts.expected, expectedText(language, alert.expected)],
    [facts.open, formatNumber(language, alert.open)],
    [facts.recurrence, alert.recurrence[language]],
    [`${facts.peak} (${window})`, formatNumber(language, alert.peak.n)],
    [facts.since, moment(alert.since)],
    [facts.detected, moment(alert.detected)],
    [facts.updated, moment(alert.updated)],
  ];
  return element(
    "dl",
    { class: "facts" },
    ...rows.map(([name = "", value = ""]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

/** How the messages came, beside what is usual. @param {Language} language @param {AlertEvidence} alert @param {string} zone */
function seriesOf(language, { evidence: { series, n }, expected }, zone) {
  const bars = barsOf(series);
  const [first, last] = [bars.buckets[0], bars.buckets.at(-1)];
  if (!first || !last) return [];
  const { alerts } = words(language);
  const moment = (/** @type {string} */ instant) => momentText(language, instant, zone);
  const says = fill(alerts.seriesSays, {
    n: formatNumber(language, n),
    expected: expectedText(language, expected),
    from: moment(first.from),
    to: moment(last.to),
  });
  const key = element(
    "p",
    { class: "key muted", "aria-hidden": "true" },
    element("span", {}, alerts.seriesKey.n),
    element("span", { class: "before" }, alerts.seriesKey.expected),
  );
  return [
    element(
      "section",
      {},
      element("h3", {}, alerts.series),
      drawChart({ ...bars, time_zone: zone }, { ...CHART, language }),
      key,
      element("p", { class: "muted" }, says),
    ),
  ];
}

/** @param {Language} language @param {AlertEvidence} alert */
function agenciesOf(language, { evidence: { by_agency: agencies, n: all } }) {
  const { alerts } = words(language);
  const rows = agencies.slice(0, MOST_AGENCIES).map(({ name, n, open }) => ({
    name: name?.[language] ?? alerts.noAgency,
    value: fill(alerts.ofThese, { n: formatNumber(language, n), open: formatNumber(language, open) }),
    share: n / Math.max(1, all),
  }));
  return barsSection(alerts.agencies, rows);
}

/** @param {Language} language @param {AlertEvidence} alert */
function statusesOf(language, { evidence: { by_status: statuses, n: all } }) {
  const rows = statuses
    .filter(({ n }) => n)
    .map(({ code, n }) => ({ name: statusName(language, code), value: formatNumber(language, n), share: n / Math.max(1, all) }));
  return barsSection(words(language).alerts.statuses, rows);
}

/** @param {string} title @param {readonly { name: string, value: string, share: number }[]} rows */
function barsSection(title, rows) {
  if (!rows.length) return [];
  const items = rows.map(({ name, value, share }) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--number-share", String(Math.min(1, share)));
    return element("li", {}, element("span", {}, name), element("span", { class: "number" }, value), bar);
  });
  return [element("section", {}, element("h3", {}, title), element("ul", { class: "bars" }, ...items))];
}

/** Where it burns, if in more than one place. @param {Language} language @param {Alert} alert */
function placesOf(language, { places }) {
  if (places.length < 2) return [];
  return [
    element(
      "section",
      {},
      element("h3", {}, words(language).alerts.places),
      element("p", {}, places.map(({ name }) => name[language]).join(", ")),
    ),
  ];
}

/** The places around it, with as many messages about the same; the map goes there. @param {PageStore} store @param {AlertEvidence} alert */
function neighboursOf(store, { evidence: { neighbours } }) {
  const { language } = store.get().view;
  const { alerts, kilometres } = words(language);
  const rows = neighbours.map(({ key, name, lng, lat, km, n, expected }) => ({
    key: `place ${key}`,
    text: `${name[language]}, ${formatNumber(language, Math.round(km))} ${kilometres}`,
    count: n,
    note: n ? fill(alerts.usual, { expected: expectedText(language, expected) }) : "",
    open: () =>
      store.set({
        spot: { key: `${key} ${Date.now()}`, bounds: around(lng, lat), point: null, zoom: MOST_ZOOM, seen: [0, MOST_ZOOM], mark: "" },
      }),
  }));
  return stepsList(language, alerts.neighbours, rows);
}
