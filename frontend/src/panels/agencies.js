/** The rating of agencies; docs/ratings.md tells how the score is made. */

/** @import { Column } from "../charts/table.js" */
/** @import { Resolved } from "../page/answer_types.js" */
/** @import { Language, Named, PageStore, State } from "../page/state.js" */
/** @import { Dictionary } from "../words/i18n.js" */
import { createTable } from "../charts/table.js";
import { element, patch } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { withCode } from "../choice/filter_choices.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { figure, linkButton, marked, shareOf, SMALL } from "../parts/figures.js";
import { cutNote, MOST_ROWS, tablePart } from "./table_parts.js";

/** @typedef {{ rank: number | null, score: number | null, count: number }} Rated */
/** @typedef {{ source: string | null, deadline: string | null, n_answered: number, answer_hours: number | null, answer_hours_p90: number | null }} Times of one source and deadline */
/** @typedef {Rated & { code: string, name: Named, share_on_time: number | null, n_judged: number, main_channel: Times, by_source: Times[], compared?: Rated | null }} Agency */
/** @typedef {{ source: string | null, name: Named | null, deadline: string | null, limit: { unit: keyof Dictionary["analyst"]["limits"], amount: number } | null }} Channel */
/** @typedef {Resolved & { agencies: Agency[], channels: Channel[], without_agency: number }} Rating */

/** Hours of different channels are never compared: no answer takes so many. */
const APART = 1e7;
/** Whether the reader wants the worst first, also next time. */
const WORST_KEY = "geo-service worst first";

/** @param {PageStore} store */
export function showAgencies(store) {
  if (remembered(WORST_KEY) && !store.get().view.worst) store.set({ view: { ...store.get().view, worst: true } });
  /** @type {ReturnType<typeof createTable<Agency>>} */
  const table = createTable({ key: "rank", descending: store.get().view.worst });
  const channels = channelChoice(store);
  const addressOf = (/** @type {State} */ { view }) =>
    `/api/agencies?${countedQuery(view, { min_incidents: String(SMALL), compare: view.compare, order: view.worst ? "worst" : "" })}`;
  const render = (/** @type {Rating} */ answer) => {
    channels.offer(answer.channels);
    return ratingOf(store, answer, table);
  };
  store.watch(
    (state) => state.view.worst,
    (worst) => table.sort({ key: "rank", descending: worst }),
  );
  const part = {
    id: "agencies",
    title: named,
    file: "agencies",
    addressOf,
    render,
    redrawnBy: (/** @type {State} */ { view }) => view.channel,
  };
  return tablePart(store, part, [worstButton(store), channels.select]);
}

/** @param {Dictionary["overview"]} overview */
function named({ agencies }) {
  return agencies;
}

/** @param {PageStore} store @param {Rating} answer @param {ReturnType<typeof createTable<Agency>>} table */
function ratingOf(store, { agencies, channels, compare, without_agency: without }, table) {
  const { channel, language } = store.get().view;
  const { analyst, overview } = words(language);
  if (!agencies.length) return [element("p", { class: "muted" }, overview.noAgencies)];
  const chosen = channels.find((one) => keyOf(one) === channel) ?? null;
  const of = { caption: overview.agencies, language, keyOf: (/** @type {Agency} */ { code }) => code, most: MOST_ROWS };
  const note = `${fill(overview.unrankedNote, { n: SMALL })}${without ? ` ${fill(overview.withoutAgency, { n: formatNumber(language, without) })}` : ""}`;
  return [
    table(agencies, [...columns(store, compare !== null), ...hoursColumns(language, channels, chosen)], of),
    element("p", { class: "muted" }, `${analyst.hoursRule} ${note}`),
    ...cutNote(language, agencies.length),
  ];
}

/** The source and deadline whose hours are shown; without a choice each agency's main one. @param {PageStore} store */
function channelChoice(store) {
  const select = element("select", { id: "agencies-channel" });
  select.addEventListener("change", () => store.set({ view: { ...store.get().view, channel: select.value } }));
  const offer = (/** @type {readonly Channel[]} */ channels) => {
    const { channel, language } = store.get().view;
    const { analyst } = words(language);
    select.setAttribute("aria-label", analyst.channel);
    patch(select, [
      element("option", { value: "" }, analyst.mainChannel),
      ...channels.map((one) => element("option", { value: keyOf(one) }, channelName(language, one))),
    ]);
    select.value = channels.some((one) => keyOf(one) === channel) ? channel : "";
  };
  return { select, offer };
}

/** @param {PageStore} store */
function worstButton(store) {
  const button = element("button", { type: "button", class: "link", id: "worst-first" });
  button.addEventListener("click", () => {
    const { view } = store.get();
    remember(WORST_KEY, !view.worst);
    store.set({ view: { ...view, worst: !view.worst } });
  });
  store.watch(
    (state) => state.view,
    ({ language, worst }) => {
      button.textContent = words(language).analyst.worstFirst;
      button.setAttribute("aria-pressed", String(worst));
    },
  );
  return button;
}

/** A browser that keeps nothing remembers nothing. @param {string} key */
function remembered(key) {
  try {
    return localStorage.getItem(key) === "1";
  } catch {
    return false;
  }
}

/** @param {string} key @param {boolean} is */
function remember(key, is) {
  try {
    localStorage.setItem(key, is ? "1" : "");
  } catch {
    // As in a private window.
  }
}

/** @param {Pick<Channel, "source" | "deadline">} channel */
function keyOf({ source, deadline }) {
  return `${source ?? ""} ${deadline ?? ""}`;
}

/** A source and the time that it leaves for an answer. @param {Language} language @param {Channel} channel */
function channelName(language, { source, name, limit }) {
  const { analyst, overview } = words(language);
  const deadline = limit ? counted(language, limit.amount, analyst.limits[limit.unit]) : analyst.noRule;
  return fill(analyst.ofChannel, { source: name?.[language] || source || overview.without, deadline });
}

/** @param {PageStore} store @param {boolean} compared whether there are ranks of an earlier window @returns {Column<Agency>[]} */
function columns(store, compared) {
  const { language } = store.get().view;
  const { overview } = words(language);
  /** @type {(value: number | null) => Node | string} */
  const score = (value) => figure(language, value, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  /** @type {Column<Agency>[]} */
  const before = compared
    ? [
        {
          key: "rank_before",
          title: `${overview.rank} ${overview.former}`,
          numeric: true,
          value: ({ compared }) => compared?.rank ?? null,
          show: ({ compared }) => rankCell(language, compared ?? null),
        },
        {
          key: "score_before",
          title: `${overview.score} ${overview.former}`,
          numeric: true,
          value: ({ compared }) => compared?.score ?? null,
          show: ({ compared }) => score(compared?.score ?? null),
        },
      ]
    : [];
  return [
    { key: "name", title: overview.agency, value: ({ name }) => name[language], show: (agency) => agencyButton(store, agency) },
    { key: "rank", title: overview.rank, numeric: true, value: ({ rank }) => rank, show: (agency) => rankCell(language, agency) },
    {
      key: "score",
      title: overview.score,
      hint: overview.score_hint,
      numeric: true,
      value: (row) => row.score,
      show: (row) => score(row.score),
    },
    ...before,
    {
      key: "count",
      title: overview.all,
      hint: overview.names.count,
      numeric: true,
      value: ({ count }) => count,
      show: ({ count }) => formatNumber(language, count),
    },
    {
      key: "on_time",
      title: overview.on_time,
      hint: overview.on_time_hint,
      numeric: true,
      value: (row) => row.share_on_time,
      show: (row) => shareOf(language, row.share_on_time, row.n_judged),
    },
  ];
}

/**
 * Median and nine in ten with the number of answers. Of several channels each row names its own, and rows are sorted within it only.
 * @param {Language} language @param {readonly Channel[]} channels @param {Channel | null} chosen
 * @returns {Column<Agency>[]}
 */
function hoursColumns(language, channels, chosen) {
  const { analyst, overview } = words(language);
  const timesOf = (/** @type {Agency} */ { main_channel: main, by_source: parts }) =>
    chosen ? (parts.find((part) => keyOf(part) === keyOf(chosen)) ?? null) : main;
  const places = new Map(channels.map((channel, at) => [keyOf(channel), at]));
  /** @type {(key: "answer_hours" | "answer_hours_p90", title: string, hint: string) => Column<Agency>} */
  const hours = (key, title, hint) => ({
    key,
    title,
    hint,
    numeric: true,
    value: (agency) => {
      const times = timesOf(agency);
      const value = times?.[key] ?? null;
      return times && value !== null ? (places.get(keyOf(times)) ?? 0) * APART + value : null;
    },
    show: (agency) => {
      const times = timesOf(agency);
      const value = times?.[key] ?? null;
      const text = figure(language, value, { maximumFractionDigits: 1 });
      return times && value !== null ? marked(language, text, times.n_answered) : text;
    },
  });
  /** @type {Column<Agency>[]} */
  const made = [
    hours("answer_hours", overview.answer_hours, overview.answer_hours_hint),
    hours("answer_hours_p90", analyst.hours_p90, analyst.hours_p90_hint),
    {
      key: "n_answered",
      title: analyst.n,
      hint: analyst.n_hint,
      numeric: true,
      value: (agency) => timesOf(agency)?.n_answered ?? null,
      show: (agency) => figure(language, timesOf(agency)?.n_answered ?? null),
    },
  ];
  if (chosen) return made;
  const names = new Map(channels.map((channel) => [keyOf(channel), channelName(language, channel)]));
  const name = (/** @type {Agency} */ { main_channel: main }) => names.get(keyOf(main)) ?? "";
  return [...made, { key: "channel", title: analyst.channel, value: name, show: name }];
}

/** An agency with few messages has no rank, and is marked. @param {Language} language @param {Rated | null} rated */
function rankCell(language, rated) {
  const text = figure(language, rated?.rank ?? null);
  return rated && rated.rank === null ? marked(language, text, rated.count) : text;
}

/** Shows only this agency's messages. @param {PageStore} store @param {Agency} agency */
function agencyButton(store, { code, name }) {
  const showAgency = () => {
    const { view } = store.get();
    const { agency: _, ...filters } = view.filters;
    store.set({ view: withCode({ ...view, filters }, "agency", code) });
  };
  return linkButton(`agency ${code}`, name[store.get().view.language], showAgency);
}
