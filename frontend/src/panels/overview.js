/** The region at a glance: totals against the period before, the worst districts and why, all districts in order. */

/** @import { ComparedSummary, DistrictRow, Districts } from "../page/answer_types.js" */
/** @import { Column } from "../charts/table.js" */
/** @import { Told } from "../page/answers.js" */
/** @import { Language, PageStore, State } from "../page/state.js" */
import { createTable } from "../charts/table.js";
import { follow } from "../page/answers.js";
import { fetchJson } from "../page/api.js";
import { byId, element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { changeOf, figure, hoursOf, shareOf, showAnswer } from "./parts.js";
import { isShown } from "./tabs.js";
import { byChance, worstDistricts } from "./worst.js";

/** @typedef {ComparedSummary & import("../page/state.js").Summary} Totals */
/** @typedef {{ now: Totals, before: Totals }} Both */

/** @param {PageStore} store */
export function showOverview(store) {
  const [totals, worst, ranking] = ["totals-before", "worst", "ranking"].map((id) => element("div", { id }));
  if (!totals || !worst || !ranking) return;
  byId("overview").append(totals, worst, ranking);
  const table = createTable({ key: "overdue", descending: true });
  /** @type {Told<Both> | null} */
  let compared = null;
  /** @type {Told<Districts> | null} */
  let districts = null;
  const draw = () => {
    const { view } = store.get();
    if (compared) showAnswer(totals, compared, view.language, (answer) => totalsOf(view.language, answer));
    if (!districts) return;
    showAnswer(worst, districts, view.language, (answer) => worstOf(store, answer));
    showAnswer(ranking, districts, view.language, (answer) => rankingOf(store, answer, table));
  };
  const shown = (/** @type {State} */ state, /** @type {string} */ address) => (isShown(state, "overview") ? address : null);
  follow(store, (state) => shown(state, summaryAddress(state)), (/** @type {Told<Both>} */ told) => {
    compared = told;
    draw();
  }, fetchBoth);
  follow(store, (state) => shown(state, districtsAddress(state)), (/** @type {Told<Districts>} */ told) => {
    districts = told;
    draw();
  });
  store.watch((state) => state.view.language, draw);
}

/** @param {State} state */
export function summaryAddress({ view }) {
  return `/api/summary?${countedQuery(view, { compare: view.compare || "previous" })}`;
}

/** @param {State} state */
export function districtsAddress({ view }) {
  return `/api/districts?${countedQuery(view, { compare: view.compare || "previous", level: "district" })}`;
}

/**
 * The selection now, and the same in the compared window.
 * @param {string} address @param {AbortSignal} signal @returns {Promise<Both>}
 */
export async function fetchBoth(address, signal) {
  const now = await fetchJson(address, signal);
  const [path, query] = address.split("?");
  const given = new URLSearchParams(query);
  for (const name of ["window", "compare"]) given.delete(name);
  for (const name of ["from", "to"]) given.set(name, now.compare[name]);
  return { now, before: await fetchJson(`${path}?${given}`, signal) };
}

/** @param {Language} language @param {Both} both */
function totalsOf(language, { now, before }) {
  const { overview } = words(language);
  const [numbers, then] = [now.measures, before.measures];
  const counts = /** @type {const} */ (["count", "open", "overdue", "closed"]).map((name) => total(overview.names[name], formatNumber(language, numbers[name]), [
    fill(overview.before, { value: formatNumber(language, then[name]) }), " ",
    // Of what came earlier more is handled by now, so only the numbers of arrivals can be set against each other.
    ...(name === "count" ? changed(language, numbers.count, then.count) : []),
  ]));
  const times = [
    total(overview.names.answer_hours, hoursOf(language, numbers.answer_hours), [fill(overview.before, { value: "" }), hoursOf(language, then.answer_hours)]),
    total(overview.names.share_on_time, shareOf(language, numbers.share_on_time, numbers.n_judged), [fill(overview.before, { value: "" }), shareOf(language, then.share_on_time, then.n_judged)]),
  ];
  return [element("h2", {}, overview.totals), element("p", { class: "muted" }, overview.totalsRule), element("dl", { class: "totals" }, ...counts, ...times)];
}

/** @param {Language} language @param {number} now @param {number} before */
function changed(language, now, before) {
  if (!before) return [];
  const change = changeOf(language, now / before - 1);
  return byChance(now, before) && now !== before ? [change, element("span", { class: "muted" }, ` · ${words(language).overview.chance}`)] : [change];
}

/** @param {string} name @param {Node | string} value @param {(Node | string)[]} note */
function total(name, value, note) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, value), element("dd", { class: "note" }, ...note));
}

/** @param {PageStore} store @param {Districts} answer */
function worstOf(store, { districts, total: all }) {
  const { language } = store.get().view;
  const { overview } = words(language);
  const rows = worstDistricts(districts, all);
  const head = [element("h2", {}, overview.worst), element("p", { class: "muted" }, overview.worstRule)];
  if (!rows.length) return [...head, element("p", {}, overview.noneOverdue)];
  return [...head, element("ol", { class: "worst" }, ...rows.map(({ district, excess }) => element("li", {}, districtButton(store, district), element("p", {}, reasonOf(language, district, excess)))))];
}

/** Why a district is among the worst, as one sentence. @param {Language} language @param {DistrictRow} district @param {number} excess */
export function reasonOf(language, district, excess) {
  const { overview } = words(language);
  const number = (/** @type {number} */ value) => formatNumber(language, value);
  const parts = [fill(overview.reason, { overdue: number(district.overdue), count: number(district.count), excess: number(Math.max(1, Math.round(excess))) })];
  const theme = district.leading_theme;
  if (theme) parts.push(fill(overview.leading, { theme: theme.name[language], n: number(theme.n) }));
  return parts.join("; ");
}

/** @param {PageStore} store @param {DistrictRow} district */
function districtButton(store, { code, name }) {
  const { view } = store.get();
  const choose = () => store.set({ view: { ...store.get().view, layer: "districts", cell: code, incident: "" }, selected: null });
  return element("button", { type: "button", class: "link", onclick: choose }, name[view.language]);
}

/** @param {PageStore} store @param {Districts} answer @param {ReturnType<typeof createTable<DistrictRow>>} table */
function rankingOf(store, { districts }, table) {
  const { view } = store.get();
  const { language } = view;
  const { overview } = words(language);
  const href = `${districtsAddress(store.get())}&format=csv`;
  return [
    element("header", {}, element("h2", {}, overview.districts), element("a", { href, download: "districts.csv" }, overview.csv)),
    table(districts, districtColumns(store), { caption: overview.districts, language, keyOf: ({ code }) => code }),
    element("p", { class: "muted" }, overview.smallNote),
  ];
}

/** @param {PageStore} store @returns {Column<DistrictRow>[]} */
function districtColumns(store) {
  const { language } = store.get().view;
  const { overview } = words(language);
  /** @type {(key: "count" | "open" | "overdue") => Column<DistrictRow>} */
  const count = (key) => ({ key, title: overview.names[key], numeric: true, value: (row) => row[key], show: (row) => formatNumber(language, row[key]) });
  return [
    { key: "name", title: overview.district, value: (row) => row.name[language], show: (row) => districtButton(store, row) },
    count("count"),
    count("open"),
    count("overdue"),
    { key: "per_1000", title: overview.per_1000, hint: overview.per_1000_hint, numeric: true, value: (row) => row.per_1000, show: (row) => figure(language, row.per_1000, { maximumFractionDigits: 2 }) },
    { key: "share_on_time", title: overview.on_time, hint: overview.on_time_hint, numeric: true, value: (row) => row.share_on_time, show: (row) => shareOf(language, row.share_on_time, row.n_judged) },
    { key: "change", title: overview.change, hint: overview.change_hint, numeric: true, value: (row) => row.change, show: (row) => changeOf(language, row.change) },
  ];
}

