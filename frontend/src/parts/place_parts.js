/** What the views of places share: the way there, numbers against the window before, lists of incidents. */

/** @import { Among, IncidentList, Measured } from "../page/answer_types.js" */
/** @import { Language, PageStore } from "../page/state.js" */
import { element } from "../page/dom.js";
import { counted, fill, formatNumber, formatShare, words } from "../words/i18n.js";
import { incidentRow } from "./incident_row.js";
import { changeOf, figure, hoursOf, linkButton, shareOf } from "./figures.js";
import { toIncident } from "../view/steps.js";

/** @typedef {{ text: string, open: () => void }} Crumb */
/** @typedef {Measured & { per_1000?: number | null }} Numbers */

/** The places around this one, each a step back. @param {Language} language @param {readonly Crumb[]} path @param {string} here */
export function crumbs(language, path, here) {
  const steps = path.map(({ text, open }, at) =>
    element("li", {}, element("button", { type: "button", class: "link", "data-key": `crumb ${at} ${text}`, onclick: open }, text)),
  );
  return element(
    "nav",
    { class: "crumbs", "aria-label": words(language).now.where },
    element("ol", {}, ...steps, element("li", { "aria-current": "page" }, here)),
  );
}

/**
 * The numbers, each with what it was before and its rank where these say something.
 * @param {Language} language @param {Numbers} now @param {Numbers | null} before @param {Record<string, Among | null>} among
 * @param {(() => void) | null} openOverdue leads to the list of what is overdue
 */
export function numbersList(language, now, before, among = {}, openOverdue = null) {
  const {
    now: { numbers, before: was },
    measure,
    shareOpen,
  } = words(language);
  const then = (/** @type {Node | string} */ value) => (before ? [fill(was, { value: "" }), value] : []);
  /** @type {[string, string, Node | string, (Node | string)[]][]} */
  const rows = [
    [
      "count",
      measure.count,
      formatNumber(language, now.count),
      before ? [changeOf(language, now.change), ", ", ...then(formatNumber(language, before.count))] : [],
    ],
    ["open", measure.open, formatNumber(language, now.open), []],
    ["overdue", measure.overdue, overdueLink(language, now.overdue, openOverdue), []],
    ["share_open", shareOpen, formatShare(language, now.count ? now.open / now.count : 0), []],
    ["closed", numbers.closed, formatNumber(language, now.closed), []],
    ["answer_hours", numbers.answer_hours, hoursOf(language, now.answer_hours), then(hoursOf(language, before?.answer_hours ?? null))],
    [
      "share_on_time",
      numbers.share_on_time,
      shareOf(language, now.share_on_time, now.n_judged),
      then(shareOf(language, before?.share_on_time ?? null, before?.n_judged ?? 0)),
    ],
    ...perThousand(language, now, then(figure(language, before?.per_1000 ?? null, { maximumFractionDigits: 2 }))),
  ];
  return element(
    "dl",
    { class: "numbers" },
    ...rows.map(([key, name, value, note]) => {
      const notes = [...(note.length ? [note] : []), ...rankOf(language, among[key])];
      const under = notes.flatMap((parts, at) => (at ? [" · ", ...parts] : parts));
      return element(
        "div",
        { "data-number": key },
        element("dt", {}, name, ...(under.length ? [element("span", { class: "note" }, ...under)] : [])),
        element("dd", {}, value),
      );
    }),
  );
}

/** @param {Language} language @param {number} overdue @param {(() => void) | null} open */
function overdueLink(language, overdue, open) {
  const number = formatNumber(language, overdue);
  if (!overdue || !open) return number;
  const link = linkButton("overdue", number, open);
  link.setAttribute("aria-label", `${words(language).measure.overdue}: ${number}`);
  return link;
}

/** @param {Language} language @param {Numbers} now @param {(Node | string)[]} note @returns {[string, string, Node | string, (Node | string)[]][]} */
function perThousand(language, { per_1000: rate }, note) {
  if (rate === undefined || rate === null) return [];
  return [["per_1000", words(language).now.numbers.per_1000, figure(language, rate, { maximumFractionDigits: 2 }), note]];
}

/** @param {Language} language @param {Among | null | undefined} among @returns {(Node | string)[][]} */
function rankOf(language, among) {
  if (!among || among.of < 2) return [];
  const { rank, rankHint } = words(language).now;
  return [[element("span", { title: fill(rankHint, { of: among.of }) }, fill(rank, { rank: among.rank, of: among.of }))]];
}

/**
 * @param {PageStore} store @param {IncidentList} list
 * @param {{ text: string, all: number, open: () => void } | null} more leads to all of them, where the list has not all
 */
export function latestList(store, { incidents, names }, more = null) {
  const { language } = store.get().view;
  const { latest, latestNone } = words(language).now;
  const rows = incidents.map((incident) =>
    incidentRow(incident, { language, names, now: Date.now() }, () => toIncident(store, incident.id)),
  );
  const list = rows.length ? element("ol", { class: "incidents" }, ...rows) : element("p", { class: "muted" }, latestNone);
  const rest =
    more && more.all > incidents.length
      ? [
          element(
            "button",
            { type: "button", class: "link", "data-key": "all messages", onclick: more.open },
            `${more.text} (${formatNumber(language, more.all)})`,
          ),
        ]
      : [];
  return element("section", { "data-part": "latest" }, element("h3", {}, latest), list, ...rest);
}

/**
 * Places with their counts, each a step further in.
 * @param {Language} language @param {string} title @param {readonly { key: string, text: string, count: number, note?: string, open: () => void }[]} places
 * @param {Node[]} more below them
 */
export function stepsList(language, title, places, more = []) {
  if (!places.length) return [];
  const { messages } = words(language);
  const rows = places.map(({ key, text, count, note = "", open }) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", "data-key": key, onclick: open },
        element("span", {}, text, ...(note ? [" ", element("span", { class: "muted" }, note)] : [])),
        " ",
        element("span", { class: "number", title: counted(language, count, messages) }, formatNumber(language, count)),
      ),
    ),
  );
  return [element("section", {}, element("h3", {}, title), element("ol", { class: "steps" }, ...rows), ...more)];
}

/** A copy of the numbers as the tiles have them, while the whole answer is on its way. @param {Language} language @param {import("../page/state.js").Area} area */
export function countsAtHand(language, { n, open, overdue }) {
  const { measure, shareOpen } = words(language);
  const rows = [
    [measure.count, formatNumber(language, n)],
    [measure.open, formatNumber(language, open)],
    [measure.overdue, formatNumber(language, overdue)],
    [shareOpen, formatShare(language, n ? open / n : 0)],
  ];
  return element(
    "dl",
    { class: "numbers" },
    ...rows.map(([name = "", value = ""]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}
