/** The rating of agencies; docs/ratings.md tells how the score is made. */

/** @import { Column } from "../charts/table.js" */
/** @import { Told } from "../page/answers.js" */
/** @import { Language, Named, PageStore, State } from "../page/state.js" */
import { createTable } from "../charts/table.js";
import { follow } from "../page/answers.js";
import { element, replaceButtons } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { withCode } from "../choice/filters.js";
import { formatNumber, words } from "../words/i18n.js";
import { figure, shareOf, showAnswer } from "./parts.js";
import { isShown } from "./tabs.js";

/** @typedef {{ rank: number | null, code: string, name: Named, score: number | null, unranked_because: string | null, count: number, answer_hours: number | null, share_on_time: number | null, n_judged: number }} Agency */

/** @param {PageStore} store */
export function showAgencies(store) {
  const [head, body] = [element("div", { class: "tools" }), element("div", { id: "agencies" })];
  const box = element("div", {}, head, body);
  const table = createTable({ key: "rank", descending: false });
  /** @type {Told<{ agencies: Agency[] }> | null} */
  let told = null;
  const address = (/** @type {State} */ { view }) => `/api/agencies?${countedQuery(view)}`;
  const draw = () => {
    const { language } = store.get().view;
    const { overview } = words(language);
    replaceButtons(head, [element("h2", {}, overview.agencies), element("a", { href: `${address(store.get())}&format=csv`, download: "agencies.csv" }, overview.csv)]);
    if (told) showAnswer(body, told, language, ({ agencies }) => [table(agencies, columns(store), { caption: overview.agencies, language, keyOf: ({ code }) => code }), element("p", { class: "muted" }, overview.smallNote)]);
  };
  follow(store, (state) => (isShown(state, "analysis") ? address(state) : null), (/** @type {Told<{ agencies: Agency[] }>} */ answer) => {
    told = answer;
    draw();
  });
  store.watch((state) => state.view, draw);
  return box;
}

/** @param {PageStore} store @returns {Column<Agency>[]} */
function columns(store) {
  const { language } = store.get().view;
  const { overview } = words(language);
  return [
    { key: "name", title: overview.agency, value: ({ name }) => name[language], show: (agency) => agencyButton(store, agency) },
    { key: "rank", title: overview.rank, numeric: true, value: ({ rank }) => rank, show: (agency) => rankCell(language, agency) },
    { key: "score", title: overview.score, hint: overview.score_hint, numeric: true, value: ({ score }) => score, show: ({ score }) => figure(language, score, { maximumFractionDigits: 2 }) },
    { key: "count", title: overview.names.count, numeric: true, value: ({ count }) => count, show: ({ count }) => formatNumber(language, count) },
    { key: "on_time", title: overview.on_time, hint: overview.on_time_hint, numeric: true, value: (row) => row.share_on_time, show: (row) => shareOf(language, row.share_on_time, row.n_judged) },
    { key: "answer_hours", title: overview.answer_hours, hint: overview.answer_hours_hint, numeric: true, value: (row) => row.answer_hours, show: (row) => figure(language, row.answer_hours, { maximumFractionDigits: 1 }) },
  ];
}

/** @param {Language} language @param {Agency} agency */
function rankCell(language, { rank, unranked_because: because }) {
  return rank === null && because ? element("span", { title: because, class: "muted" }, "—") : figure(language, rank);
}

/** Shows only this agency's messages. @param {PageStore} store @param {Agency} agency */
function agencyButton(store, { code, name }) {
  const choose = () => store.set({ view: withCode({ ...store.get().view, filters: { ...store.get().view.filters, agency: "" } }, "agency", code) });
  return element("button", { type: "button", class: "link", onclick: choose }, name[store.get().view.language]);
}
