/** The rating of agencies; docs/ratings.md tells how the score is made. */

/** @import { Column } from "../charts/table.js" */
/** @import { Resolved } from "../page/answer_types.js" */
/** @import { Language, Named, PageStore, State } from "../page/state.js" */
import { createTable } from "../charts/table.js";
import { element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { withCode } from "../choice/filter_choices.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { figure, linkButton, marked, shareOf, SMALL } from "../parts/figures.js";
import { cutNote, MOST_ROWS, tablePart } from "./table_parts.js";

/** @typedef {{ rank: number | null, score: number | null, count: number }} Rated */
/** @typedef {Rated & { code: string, name: Named, answer_hours: number | null, share_on_time: number | null, n_judged: number, n_answered: number, compared?: Rated | null }} Agency */
/** @typedef {Resolved & { agencies: Agency[], without_agency: number }} Rating */

/** @param {PageStore} store */
export function showAgencies(store) {
  /** @type {ReturnType<typeof createTable<Agency>>} */
  const table = createTable({ key: "rank", descending: false });
  const addressOf = (/** @type {State} */ { view }) =>
    `/api/agencies?${countedQuery(view, { min_incidents: String(SMALL), compare: view.compare })}`;
  const render = (/** @type {Rating} */ { agencies, compare, without_agency: without }) => {
    const { language } = store.get().view;
    const { overview } = words(language);
    if (!agencies.length) return [element("p", { class: "muted" }, overview.noAgencies)];
    const of = { caption: overview.agencies, language, keyOf: (/** @type {Agency} */ { code }) => code, most: MOST_ROWS };
    const note = `${fill(overview.unrankedNote, { n: SMALL })}${without ? ` ${fill(overview.withoutAgency, { n: formatNumber(language, without) })}` : ""}`;
    return [
      table(agencies, columns(store, agencies, compare !== null), of),
      element("p", { class: "muted" }, note),
      ...cutNote(language, agencies.length),
    ];
  };
  return tablePart(store, { id: "agencies", title: ({ agencies }) => agencies, file: "agencies.csv", addressOf, render });
}

/** @param {PageStore} store @param {readonly Agency[]} agencies @param {boolean} compared whether there are ranks of an earlier window @returns {Column<Agency>[]} */
function columns(store, agencies, compared) {
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
      title: overview.names.count,
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
    ...(agencies.some(({ answer_hours: hours }) => hours !== null) ? [hoursColumn(language)] : []),
  ];
}

/** Times are those of one deadline, or none: only where some agency has them. @param {Language} language @returns {Column<Agency>} */
function hoursColumn(language) {
  const { overview } = words(language);
  const hoursCell = (/** @type {Agency} */ { answer_hours: hours, n_answered: answered }) => {
    const text = figure(language, hours, { maximumFractionDigits: 1 });
    return hours === null ? text : marked(language, text, answered);
  };
  return {
    key: "answer_hours",
    title: overview.answer_hours,
    hint: overview.answer_hours_hint,
    numeric: true,
    value: (row) => row.answer_hours,
    show: hoursCell,
  };
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
