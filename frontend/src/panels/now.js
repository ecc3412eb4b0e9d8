/** For those on duty: what is new, and what is overdue or will be next. */

/** @import { IncidentList } from "../page/answer_types.js" */
/** @import { Rows } from "./now_list.js" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { Order, PageStore, State } from "../page/state.js" */
import { alertsAbove } from "../alerts/lists.js";
import { follow } from "../page/answers.js";
import { fetchJson } from "../page/api.js";
import { byId, element, findByKey, patch, replaceButtons, toggle } from "../page/dom.js";
import { serviceRoot } from "../page/service.js";
import { countedQuery } from "../page/url.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { incidentRow } from "../parts/incident_row.js";
import { overdueBadge } from "../parts/figures.js";
import { createAnnouncer, nextRows, released, waitingCount } from "./now_list.js";
import { isShown, toIncident } from "../view/steps.js";

/** @type {readonly Order[]} */
const ORDERS = ["received", "due"];
/** So many more at a time. */
const PAGE = 50;
/** The service gives so many at once. */
const MOST = 200;
/** And so many in a file. */
const MOST_IN_FILE = 10_000;
const ANNOUNCE_MS = 10_000;
/** Ages are told anew, ms. */
const AGES_MS = 15_000;

/** @param {PageStore} store */
export function showNow(store) {
  const [switcher, keys, wait, list, below] = [
    element("div", { class: "choices", role: "group" }),
    element("p", { class: "keys muted" }),
    element("div", { class: "waiting" }),
    element("ol", { class: "incidents" }),
    element("div", {}),
  ];
  const said = element("p", { class: "unseen", role: "status" });
  const csv = element("a", { "data-key": "csv", download: "incidents.csv" });
  byId("now").append(alertsAbove(store), switcher, keys, wait, list, below, csv, said);
  /** @type {Rows | null} */
  let rows = null;
  /** @type {AnswerState<IncidentList> | null} */
  let listState = null;
  /** Which row the keyboard would reach. */
  let current = 0;
  const announceArrivals = createAnnouncer(
    (count) => (said.textContent = counted(store.get().view.language, count, words(store.get().view.language).now.arrived)),
    ANNOUNCE_MS,
  );

  const redraw = () => {
    const state = store.get();
    drawSwitch(store, switcher, keys);
    csv.textContent = words(state.view.language).access.csv;
    csv.setAttribute("href", csvAddress(state));
    if (!listState || !rows) return;
    if (!rows.shown.some(({ id }) => id === current)) current = rows.shown[0]?.id ?? 0;
    patch(list, rowsOf(store, rows, listState, current));
    list.setAttribute("aria-label", words(state.view.language).now.listNames[state.view.list]);
    patch(wait, waitingButton(state, rows, showWaiting));
    patch(below, belowList(store, listState, rows));
  };
  const showWaiting = () => {
    if (rows) rows = released(rows);
    current = rows?.shown[0]?.id ?? 0;
    redraw();
    byId("side").scrollTop = 0;
    findByKey(list, `incident ${current}`)?.focus();
  };

  follow(
    store,
    listAddress,
    (/** @type {AnswerState<IncidentList>} */ next, state) => {
      if (next.answer && next.answer !== listState?.answer) {
        // Rows that are held may have codes of earlier answers.
        if (listState?.answer) next.answer.names = joined(listState.answer, next.answer).names;
        rows = nextRows(rows, questionOf(state), next.answer.incidents, isHeld(list), Date.now());
        if (rows.came) announceArrivals(rows.came);
      }
      listState = next;
      list.classList.toggle("old", next.stale && !next.problem && rows?.question !== questionOf(state));
      redraw();
    },
    fetchList,
  );
  store.watch((state) => state.view, redraw);
  store.watch((state) => state.summary?.overdue, redraw);
  store.watch(questionOf, () => {
    if (store.get().listed !== PAGE) store.set({ listed: PAGE });
  });
  setInterval(() => isShown(store.get(), "now") && redraw(), AGES_MS);
  list.addEventListener("keydown", (event) => moveByArrow(list, event));
  list.addEventListener("focusin", ({ target }) => {
    findByKey(list, `incident ${current}`)?.setAttribute("tabindex", "-1");
    current = idOf(target) ?? current;
    findByKey(list, `incident ${current}`)?.setAttribute("tabindex", "0");
  });
}

/** @param {State} state */
function questionOf({ view }) {
  return countedQuery(view, { order: view.list });
}

/** The list as a file. @param {State} state */
export function csvAddress(state) {
  return `${serviceRoot()}/api/incidents?${questionOf(state)}&limit=${MOST_IN_FILE}&format=csv`;
}

/** @param {State} state */
function listAddress(state) {
  return isShown(state, "now") ? `/api/incidents?${questionOf(state)}&limit=${state.listed}` : null;
}

/**
 * As many as are asked for, in as many answers as that takes.
 * @param {string} address @param {AbortSignal} signal @returns {Promise<IncidentList>}
 */
export async function fetchList(address, signal) {
  const [path, query] = address.split("?");
  const given = new URLSearchParams(query);
  const wanted = Number(given.get("limit"));
  /** @type {IncidentList | null} */
  let all = null;
  do {
    given.set("limit", String(Math.min(MOST, wanted - (all?.incidents.length ?? 0))));
    if (all?.next) given.set("after", all.next);
    /** @type {IncidentList} */
    const page = await fetchJson(`${path}?${given}`, signal);
    all = all ? joined(all, page) : page;
  } while (all.next && all.incidents.length < wanted);
  return all;
}

/** @param {IncidentList} one @param {IncidentList} two @returns {IncidentList} */
export function joined(one, two) {
  const kinds = /** @type {(keyof IncidentList["names"])[]} */ (Object.keys(two.names));
  const names = Object.fromEntries(kinds.map((kind) => [kind, { ...one.names[kind], ...two.names[kind] }]));
  return { ...two, incidents: [...one.incidents, ...two.incidents], names: /** @type {IncidentList["names"]} */ (names) };
}

/** @param {PageStore} store @param {HTMLElement} switcher @param {HTMLElement} keys */
function drawSwitch(store, switcher, keys) {
  const { view, summary } = store.get();
  const { now } = words(view.language);
  replaceButtons(
    switcher,
    ORDERS.map((list) => {
      const made = toggle(
        view.list === list,
        () => store.set({ view: { ...store.get().view, list } }),
        now.lists[list],
        ...(list === "due" ? overdueBadge(view.language, summary) : []),
      );
      made.dataset["list"] = list;
      return made;
    }),
  );
  switcher.setAttribute("aria-label", now.listTitle);
  keys.textContent = now.keys;
}

/** @param {PageStore} store @param {Rows} rows @param {AnswerState<IncidentList>} listState @param {number} current */
function rowsOf(store, { shown, arrived }, { answer }, current) {
  const { language, list } = store.get().view;
  const { notYet } = words(language).now;
  const names = answer?.names ?? /** @type {IncidentList["names"]} */ ({});
  const now = Date.now();
  const first = list === "due" ? shown.find(({ overdue }) => !overdue)?.id : undefined;
  return shown.map((incident) => {
    const row = incidentRow(
      incident,
      {
        language,
        names,
        now,
        byDeadline: list === "due",
        arrived: arrived.has(incident.id),
        tabindex: incident.id === current ? "0" : "-1",
      },
      () => toIncident(store, incident.id),
    );
    if (incident.id === first && first !== shown[0]?.id) row.prepend(element("h3", {}, notYet));
    return row;
  });
}

/** @param {State} state @param {Rows} rows @param {() => void} showWaiting */
function waitingButton({ view: { language } }, rows, showWaiting) {
  const count = waitingCount(rows);
  return count
    ? [
        element(
          "button",
          { type: "button", "data-key": "show-new", onclick: showWaiting },
          counted(language, count, words(language).now.showNew),
        ),
      ]
    : [];
}

/** @param {PageStore} store @param {AnswerState<IncidentList>} listState @param {Rows} rows */
function belowList(store, { answer, problem }, { shown }) {
  const {
    view: { language, list },
    listed,
  } = store.get();
  const { now, overview } = words(language);
  const trouble = problem ? [element("p", { class: "trouble" }, problem.kind === "refused" ? overview.earlier : overview.noAnswer)] : [];
  if (!shown.length) return [...trouble, element("p", {}, now.empty[list])];
  const more = () => store.set({ listed: listed + PAGE });
  if (answer?.next)
    return [...trouble, element("button", { type: "button", "data-key": "more", onclick: more }, fill(now.more, { n: PAGE }))];
  return [...trouble, element("p", { class: "muted" }, fill(now.allShown, { n: formatNumber(language, shown.length) }))];
}

/** Whether a reader has the list in hand: looks further down in it, points at it, or goes through it by keyboard. @param {HTMLElement} list */
function isHeld(list) {
  const scrolled = list.getBoundingClientRect().top < byId("side").getBoundingClientRect().top;
  return scrolled || list.matches(":hover") || list.contains(document.activeElement);
}

/** Arrows, Home and End go through the list. @param {HTMLElement} list @param {KeyboardEvent} event */
function moveByArrow(list, event) {
  const buttons = /** @type {HTMLButtonElement[]} */ ([...list.querySelectorAll("button.incident")]);
  const at = buttons.findIndex((button) => button === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  const next = to === undefined ? undefined : buttons[Math.max(0, Math.min(to, buttons.length - 1))];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** @param {EventTarget | null} target */
function idOf(target) {
  const key = target instanceof HTMLElement ? target.dataset["key"] : undefined;
  return key?.startsWith("incident ") ? Number(key.split(" ")[1]) : null;
}
