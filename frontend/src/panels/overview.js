/** The region at a glance: what is unusual, what has changed, where more is overdue than on average and why, totals, all districts in order. */

/** @import { DistrictRow, Districts } from "../page/answer_types.js" */
/** @import { Column } from "../charts/table.js" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { Language, PageStore, State } from "../page/state.js" */
/** @import { Both, Totals } from "../parts/totals.js" */
import { showTotals } from "../choice/totals.js";
import { alertsList, changesList } from "../alerts/lists.js";
import { createTable } from "../charts/table.js";
import { follow } from "../page/answers.js";
import { summaryAddress } from "../page/api.js";
import { byId, element } from "../page/dom.js";
import { formatWindow } from "../words/dates.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { changeOf, figure, hoursOf, linkButton, shareOf, showAnswer } from "../parts/figures.js";
import { isShown, toDistrict, toList } from "../view/steps.js";
import { cutNote, MOST_ROWS, tableHead, widerButton } from "./table_parts.js";
import { changeOfArrivals, districtsAddress, fetchBoth } from "../parts/totals.js";
import { growthOf, LEAST_MESSAGES, LEAST_OVERDUE, reasonOf, worstDistricts } from "../parts/worst.js";

/** @param {PageStore} store */
export function showOverview(store) {
  const [totals, worst, ranking] = [
    element("div", { id: "totals-before" }),
    element("div", { id: "worst" }),
    element("div", { id: "ranking" }),
  ];
  const head = tableHead(store, ({ districts }) => districts, "districts", districtsAddress, [widerButton(store)]);
  byId("figures").append(totals);
  byId("overview").append(alertsList(store), changesList(store), worst, element("div", {}, head, ranking));
  /** @type {ReturnType<typeof createTable<DistrictRow>>} */
  const table = createTable({ key: "overdue", descending: true });
  /** @type {AnswerState<Both> | null} */
  let compared = null;
  /** @type {AnswerState<Districts> | null} */
  let districts = null;
  const drawTotals = showTotals(store, (measure) => (measure === "count" ? arrivalsBefore(store.get().view.language, compared) : []));
  const redraw = () => {
    const { language } = store.get().view;
    drawTotals();
    if (compared) showAnswer(totals, compared, language, (answer) => totalsOf(language, answer));
    if (!districts) return;
    showAnswer(worst, districts, language, (answer) => worstOf(store, answer));
    showAnswer(ranking, districts, language, (answer) => rankingOf(store, answer, table));
  };
  const shown = (/** @type {State} */ state, /** @type {string} */ address) => (isShown(state, "overview") ? address : null);
  follow(
    store,
    (state) => shown(state, summaryAddress(state.view)),
    (/** @type {AnswerState<Both>} */ next) => {
      compared = next;
      redraw();
    },
    fetchBoth,
  );
  follow(
    store,
    (state) => shown(state, districtsAddress(state)),
    (/** @type {AnswerState<Districts>} */ next) => {
      districts = next;
      redraw();
    },
  );
  store.watch((state) => state.view.language, redraw);
}

/** What is not among the totals that can be pressed. @param {Language} language @param {Both} both */
function totalsOf(language, { now, before }) {
  const { overview } = words(language);
  const [numbers, then] = [now.measures, before?.measures];
  const was = (/** @type {Node | string} */ value) => [fill(overview.before, { value: "" }), value];
  const times = [
    total(overview.names.closed, formatNumber(language, numbers.closed), []),
    total(
      overview.names.answer_hours,
      hoursOf(language, numbers.answer_hours, numbers.n_answered),
      then ? was(hoursOf(language, then.answer_hours, then.n_answered)) : [],
    ),
    total(
      overview.names.share_on_time,
      shareOf(language, numbers.share_on_time, numbers.n_judged),
      then ? was(shareOf(language, then.share_on_time, then.n_judged)) : [],
    ),
  ];
  return [element("dl", { class: "totals", title: comparedTitle(language, now) }, ...times)];
}

/**
 * How many came before. Of what came earlier more is handled by now: of the counts only arrivals can be set against those before.
 * @param {Language} language @param {AnswerState<Both> | null} compared
 */
function arrivalsBefore(language, compared) {
  const both = compared?.stale ? null : compared?.answer;
  if (!both?.before) return [];
  const arrivals = changeOfArrivals(language, both);
  const { overview } = words(language);
  const note = element("span", { title: comparedTitle(language, both.now) });
  note.append(fill(overview.before, { value: formatNumber(language, both.before.measures.count) }), " ", arrivals?.change ?? "");
  if (arrivals?.byChance && both.now.measures.count !== both.before.measures.count)
    note.append(element("span", { class: "muted" }, ` · ${overview.chance}`));
  return [note];
}

/** With which period the totals are compared. @param {Language} language @param {Totals} totals */
function comparedTitle(language, { compare, time_zone: timeZone }) {
  const { overview } = words(language);
  if (!compare) return "";
  const window = formatWindow(language, { window: compare, data: { first: null, last: null }, time_zone: timeZone });
  return `${overview.totals[compare.by]}: ${fill(overview.totalsRule, { window })}`;
}

/** @param {Node | string} name @param {Node | string} value @param {(Node | string)[]} note */
function total(name, value, note) {
  return element("div", {}, element("dt", {}, name), element("dd", {}, value), element("dd", { class: "note" }, ...note));
}

/** @param {PageStore} store @param {Districts} answer */
function worstOf(store, { districts, total: all, compare }) {
  const { language } = store.get().view;
  const { overview } = words(language);
  const rows = worstDistricts(districts, all);
  const rule = fill(overview.worstRule, { messages: LEAST_MESSAGES, overdue: LEAST_OVERDUE });
  const head = [element("h2", {}, overview.worst), element("p", { class: "muted" }, rule)];
  if (!rows.length) return [...head, element("p", {}, overview.noneOverdue)];
  const items = rows.map(({ district, excess }) => {
    const reason = [reasonOf(language, district, excess), ...growthOf(language, district, compare?.by ?? "previous")].join("; ");
    return element("li", { "data-same": district.code }, districtButton(store, "worst", district), element("p", {}, reason));
  });
  return [...head, element("ol", { class: "worst", "data-same": "worst" }, ...items)];
}

/** @param {PageStore} store @param {string} list @param {DistrictRow} district */
function districtButton(store, list, { code, name }) {
  return linkButton(`${list} ${code}`, name[store.get().view.language], () => toDistrict(store, code));
}

/** To the district's overdue messages, those that are overdue the longest first. @param {PageStore} store @param {DistrictRow} row */
function overdueButton(store, { code, name, overdue }) {
  const { language } = store.get().view;
  const number = formatNumber(language, overdue);
  if (!overdue) return number;
  const button = linkButton(`overdue ${code}`, number, () => toList(store, { district: code }, { list: "due" }));
  button.setAttribute("aria-label", fill(words(language).overview.overdueOf, { n: number, name: name[language] }));
  return button;
}

/** @param {PageStore} store @param {Districts} answer @param {ReturnType<typeof createTable<DistrictRow>>} table */
function rankingOf(store, { districts, compare, level }, table) {
  const { language } = store.get().view;
  const { overview, regions } = words(language);
  const of = {
    caption: level === "region" ? regions.ranked : overview.districts,
    language,
    keyOf: (/** @type {DistrictRow} */ { code }) => code,
    most: MOST_ROWS,
  };
  const columns = districtColumns(store, overview.change_hint[compare?.by ?? "previous"]);
  return [table(districts, columns, of), element("p", { class: "muted" }, overview.smallNote), ...cutNote(language, districts.length)];
}

/** @param {PageStore} store @param {string} changeHint @returns {Column<DistrictRow>[]} */
function districtColumns(store, changeHint) {
  const { language } = store.get().view;
  const { overview } = words(language);
  /** @type {(key: "count" | "open" | "overdue") => Column<DistrictRow>} */
  const count = (key) => ({
    key,
    title: overview.names[key],
    ...(key === "overdue" && { hint: overview.overdue_hint }),
    numeric: true,
    value: (row) => row[key],
    show: (row) => (key === "overdue" ? overdueButton(store, row) : formatNumber(language, row[key])),
  });
  return [
    { key: "name", title: overview.district, value: (row) => row.name[language], show: (row) => districtButton(store, "district", row) },
    count("count"),
    count("open"),
    count("overdue"),
    {
      key: "per_1000",
      title: overview.per_1000,
      hint: overview.per_1000_hint,
      numeric: true,
      value: (row) => row.per_1000,
      show: (row) => figure(language, row.per_1000, { maximumFractionDigits: 2 }),
    },
    {
      key: "share_on_time",
      title: overview.on_time,
      hint: overview.on_time_hint,
      numeric: true,
      value: (row) => row.share_on_time,
      show: (row) => shareOf(language, row.share_on_time, row.n_judged),
    },
    {
      key: "change",
      title: overview.change,
      hint: changeHint,
      numeric: true,
      value: (row) => row.change,
      show: (row) => changeOf(language, row.change, row.n_compared ?? 0),
    },
  ];
}
