/** The long-run trend of the time to the first response: by month of receipt, of the whole and by sector, region or district. */

/** @import { Column } from "../charts/table.js" */
/** @import { Named, Language, PageStore } from "../page/state.js" */
import { spark } from "../charts/svg.js";
import { createTable } from "../charts/table.js";
import { trendChart } from "../charts/trend_chart.js";
import { element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { figure, linkButton } from "../parts/figures.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { tablePart } from "./table_parts.js";

/** @typedef {{ n: number, answered: number, waiting: number, median_hours: number | null, p90_hours: number | null }} Point */
/** @typedef {{ years: number, n: number, n_compared: number, median_hours: number | null, median_hours_compared: number | null, times_faster: number | null, certain: boolean }} Trend */
/** @typedef {{ code: string | null, name: Named, points: Point[], trend: Trend[] }} Series */
/** @typedef {{ from: string, to: string, partial: boolean }} Month */
/** @typedef {{ group: string | null, buckets: Month[], total: Series, series: Series[], time_zone: string }} AnswerTimes */
/** @typedef {"sector" | "region" | "district"} Group */

/** @type {readonly Group[]} */
const GROUPS = ["sector", "region", "district"];
/** Years that a column each stands for. */
const YEARS = [1, 2];

/** @param {PageStore} store */
export function showAnswerTimes(store) {
  /** @type {Group} */
  let group = "sector";
  /** The entry whose months are shown; "" for the whole. */
  let chosen = "";
  const choice = element("select", { id: "answer-times-by" });
  /** @type {ReturnType<typeof createTable<Series>>} */
  const entries = createTable({ key: "n", descending: true });
  /** @type {ReturnType<typeof createTable<Point & Month>>} */
  const months = createTable({ key: "from", descending: true });
  const again = () => store.set({ tick: store.get().tick + 1 });
  choice.addEventListener("change", () => {
    group = GROUPS.find((one) => one === choice.value) ?? group;
    chosen = "";
    again();
  });
  store.watch(
    (state) => `${state.view.language} ${state.regions.length}`,
    (_, { view: { language }, regions }) => {
      const { trendGroup, trendGroups } = words(language).regions;
      const offered = GROUPS.filter((one) => one !== "region" || regions.length > 1);
      choice.setAttribute("aria-label", trendGroup);
      choice.replaceChildren(...offered.map((one) => element("option", { value: one }, `${trendGroup} ${trendGroups[one]}`)));
      choice.value = group;
    },
  );
  /** @param {AnswerTimes} answer */
  const render = (answer) => {
    const { language } = store.get().view;
    const { regions } = words(language);
    const all = [answer.total, ...answer.series];
    const shown = all.find(({ code }) => (code ?? "") === chosen) ?? answer.total;
    const show = (/** @type {string} */ code) => {
      chosen = code;
      again();
    };
    const caption = `${regions.trend}: ${shown.name[language]}`;
    const rows = answer.buckets.map((month, at) => ({ ...month, .../** @type {Point} */ (shown.points[at]) }));
    return [
      element("p", { class: "muted" }, regions.trendRule),
      entries(all, entryColumns(language, show), { caption: regions.trend, language, keyOf: ({ code }) => code ?? "" }),
      element("h3", {}, caption),
      ...shown.trend.map((trend) => element("p", { "data-years": String(trend.years) }, trendText(language, trend))),
      trendChart(
        rows.map(({ median_hours: value, from, partial }) => ({ value, label: monthText(language, from), partial })),
        caption,
      ),
      months(rows, monthColumns(language), { caption, language, keyOf: ({ from }) => from, most: 120 }),
    ];
  };
  const title = () => words(store.get().view.language).regions.trend;
  const part = {
    id: "answer-times",
    title,
    file: "answer_times.csv",
    addressOf: (/** @type {import("../page/state.js").State} */ { view }) => addressOf(view, group),
    render,
  };
  return tablePart(store, part, [choice]);
}

/** Over all data, whatever the period; of the chosen sectors and filters. @param {import("../page/state.js").View} view @param {Group} group */
export function addressOf(view, group) {
  return `/api/answer_times?${countedQuery(view, { window: "", from: "", to: "", by: "month", group })}`;
}

/** How many times faster or slower than so many years ago. @param {Language} language @param {Trend} trend */
export function trendText(language, { years, times_faster: times, certain, median_hours: now, median_hours_compared: before }) {
  const { regions } = words(language);
  const ago = counted(language, years, regions.years);
  if (!times || now === null || before === null) return `${ago}: ${regions.notReached}`;
  const number = (/** @type {number} */ value) => formatNumber(language, value, { maximumFractionDigits: 1 });
  const values = { times: number(times >= 1 ? times : 1 / times), years: ago, now: number(now), before: number(before) };
  return fill(times >= 1 ? regions.faster : regions.slower, values) + (certain ? "" : regions.unsure);
}

/** @param {Language} language @param {(code: string) => void} show @returns {Column<Series>[]} */
function entryColumns(language, show) {
  const { regions } = words(language);
  const of = (/** @type {Series} */ { trend }, /** @type {number} */ years) => trend.find((one) => one.years === years);
  return [
    {
      key: "name",
      title: regions.trendTitle,
      value: ({ name }) => name[language],
      show: ({ code, name }) => linkButton(`trend ${code ?? ""}`, name[language], () => show(code ?? "")),
    },
    { key: "n", title: regions.trendN, numeric: true, value: sum, show: (row) => formatNumber(language, sum(row)) },
    {
      key: "now",
      title: regions.trendNow,
      numeric: true,
      value: (row) => of(row, 1)?.median_hours ?? null,
      show: (row) => figure(language, of(row, 1)?.median_hours ?? null, { maximumFractionDigits: 1 }),
    },
    ...YEARS.map((years) => ({
      key: `years${years}`,
      title: fill(regions.trendAgo, { years: counted(language, years, regions.years) }),
      numeric: true,
      value: (/** @type {Series} */ row) => of(row, years)?.times_faster ?? null,
      show: (/** @type {Series} */ row) => timesText(language, of(row, years)),
    })),
    {
      key: "spark",
      title: regions.trendLine,
      picture: true,
      value: () => null,
      show: ({ points }) => /** @type {any} */ (spark(points.map(({ median_hours: value }) => value ?? 0))),
    },
  ];
}

/** @param {Language} language @param {Trend | undefined} trend */
function timesText(language, trend) {
  if (!trend?.times_faster) return "—";
  return `${trend.certain ? "" : "≈ "}×${formatNumber(language, trend.times_faster, { maximumFractionDigits: 2 })}`;
}

/** @param {Series} series */
function sum({ points }) {
  return points.reduce((all, { n }) => all + n, 0);
}

/** @param {Language} language @returns {Column<Point & Month>[]} */
function monthColumns(language) {
  const { regions } = words(language);
  const hours = (/** @type {number | null} */ value) => figure(language, value, { maximumFractionDigits: 1 });
  return [
    {
      key: "from",
      title: regions.trendMonth,
      value: ({ from }) => from,
      show: ({ from, partial }) => monthText(language, from) + (partial ? ` (${regions.partial})` : ""),
    },
    { key: "n", title: regions.trendN, numeric: true, value: ({ n }) => n, show: ({ n }) => formatNumber(language, n) },
    {
      key: "waiting",
      title: regions.trendWaiting,
      numeric: true,
      value: ({ waiting }) => waiting,
      show: ({ waiting }) => formatNumber(language, waiting),
    },
    { key: "median", title: regions.trendMedian, numeric: true, value: (row) => row.median_hours, show: (row) => hours(row.median_hours) },
    { key: "p90", title: regions.trendP90, numeric: true, value: (row) => row.p90_hours, show: (row) => hours(row.p90_hours) },
  ];
}

/** @param {Language} language @param {string} from the beginning of a month in the service's time zone */
function monthText(language, from) {
  const [year = 1970, month = 1] = from.split("-").map(Number);
  return new Intl.DateTimeFormat(language, { month: "short", year: "numeric", timeZone: "UTC" }).format(Date.UTC(year, month - 1, 15));
}
