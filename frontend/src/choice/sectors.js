/** The sectors: how much each has in the chosen window, its share and trend, and which are chosen. */

/** @import { Timeline } from "../page/answer_types.js" */
/** @import { Group, PageStore } from "../page/state.js" */
import { spark } from "../charts/svg.js";
import { follow } from "../page/answers.js";
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { countOf, formatNumber, formatShare, words } from "../words/i18n.js";

/** @typedef {Map<string, number[]>} Trends sector → messages in each bucket of the window */

/** @param {PageStore} store */
export function showSectors(store) {
  /** @type {Trends} */
  let trends = new Map();
  const redraw = () => drawSectors(store, trends);
  store.watch((state) => state.summary, redraw);
  store.watch((state) => state.view, redraw);
  // All sectors have their trend, whichever are chosen: the chips say what choosing them would give.
  follow(
    store,
    ({ view }) => `/api/timeline?${countedQuery(view, { by: "sector", sector: "", theme: "" })}`,
    (/** @type {{ answer: Timeline | null }} */ { answer }) => {
      trends = new Map(answer?.series?.map(({ code, n }) => [code, n]));
      redraw();
    },
  );
}

/** @param {PageStore} store @param {Trends} trends */
function drawSectors(store, trends) {
  const { view, summary } = store.get();
  const property = countOf(summary ? view.measure : "count");
  const groups = summary?.sectors ?? [];
  const sum = groups.reduce((all, sector) => all + sector[property], 0);
  const most = Math.max(1, ...groups.map((sector) => sector[property]));
  const all = toggle(
    view.sectors.length === 0,
    () => chooseSectors(store, []),
    element("span", { class: "name" }, words(view.language).allSectors),
  );
  replaceButtons(byId("sectors"), [
    all,
    ...groups.map((sector) => sectorButton(store, sector, { value: sector[property], sum, most }, trends.get(sector.code))),
  ]);
}

/** @param {PageStore} store @param {Group} sector @param {{ value: number, sum: number, most: number }} numbers @param {number[] | undefined} trend */
function sectorButton(store, sector, { value, sum, most }, trend) {
  const { view } = store.get();
  const { language } = view;
  const chosen = view.sectors.includes(sector.code);
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--number-share", String(value / most));
  const name = element("span", { class: "name" }, sector.name[language]);
  const number = element("span", { class: "number" }, formatNumber(language, value));
  const share = element("span", { class: "share" }, sum ? formatShare(language, value / sum) : "");
  const others = view.sectors.filter((code) => code !== sector.code);
  const line = element("span", { class: "trend" }, ...(trend && trend.length > 2 ? [spark(trend, 44, 16)] : []));
  const made = toggle(
    chosen,
    () => chooseSectors(store, chosen ? others : [...others, sector.code]),
    name,
    " ",
    line,
    number,
    " ",
    share,
    bar,
  );
  made.dataset["sector"] = sector.code;
  return made;
}

/** @param {PageStore} store @param {string[]} sectors */
function chooseSectors(store, sectors) {
  const { view } = store.get();
  const { theme: _, ...filters } = view.filters;
  // A theme belongs to a sector: another sector takes its place, as the numbers say.
  store.set({ view: { ...view, sectors, filters } });
}
