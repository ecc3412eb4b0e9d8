/** Two periods in numbers: what has grown and what has fallen, and what chance explains. */

/** @import { Column } from "../charts/table.js" */
/** @import { Language, PageStore, State } from "../page/state.js" */
/** @import { Breakdown, Pair } from "./breakdown.js" */
import { createTable } from "../charts/table.js";
import { element } from "../page/dom.js";
import { COMPARABLE, comparison, countedQuery } from "../page/url.js";
import { formatNumber, words } from "../words/i18n.js";
import { pairsOf } from "./breakdown.js";
import { changeOf } from "../parts/figures.js";
import { cutNote, dimensionChoice, MOST_ROWS, tablePart } from "./table_parts.js";
import { byChance } from "../parts/worst.js";

/** @param {PageStore} store */
export function showComparison(store) {
  /** @type {ReturnType<typeof createTable<Pair>>} */
  const table = createTable({ key: "difference", descending: true });
  const addressOf = (/** @type {State} */ { view }) =>
    `/api/breakdown?${countedQuery(view, { by: view.by, compare: comparison(view), ...(view.by === "district" && { level: "district" }) })}`;
  const render = (/** @type {Breakdown} */ answer) => {
    const { language } = store.get().view;
    const { overview } = words(language);
    const pairs = pairsOf(answer, language, overview.without);
    const caption = `${overview.comparison[answer.compare?.by ?? "previous"]}: ${overview.dimensions[answer.by[0] ?? "sector"]}`;
    const of = { caption, language, keyOf: (/** @type {Pair} */ { key }) => key, most: MOST_ROWS };
    return [
      table(pairs, columns(language, pairs, answer), of),
      element("p", { class: "muted" }, overview.chanceNote),
      ...cutNote(language, pairs.length),
    ];
  };
  const choice = dimensionChoice(store, {
    id: "compared-by",
    name: "rows",
    among: COMPARABLE,
    pick: ({ by }) => by,
    change: (_, by) => ({ by }),
  });
  const title = (/** @type {import("../words/i18n.js").Dictionary["overview"]} */ overview) =>
    overview.comparison[comparison(store.get().view) || "previous"];
  return tablePart(store, { id: "comparison", title, file: "comparison", addressOf, render }, [choice]);
}

/** @param {Language} language @param {readonly Pair[]} pairs @param {Breakdown} answer @returns {Column<Pair>[]} */
function columns(language, pairs, { by, compare }) {
  const { overview } = words(language);
  const sum = (/** @type {(pair: Pair) => number} */ value) => pairs.reduce((total, pair) => total + value(pair), 0);
  const all = { key: "", name: overview.all, now: sum(({ now }) => now), before: sum(({ before }) => before) };
  /** @type {(column: Column<Pair>) => Column<Pair>} */
  const totalled = (column) => ({ ...column, numeric: true, total: column.show?.(all) ?? "" });
  return [
    { key: "name", title: overview.dimensions[by[0] ?? "sector"], value: ({ name }) => name, total: overview.all },
    totalled({ key: "now", title: overview.now, value: ({ now }) => now, show: ({ now }) => formatNumber(language, now) }),
    totalled({
      key: "before",
      title: overview.former,
      value: ({ before }) => before,
      show: ({ before }) => formatNumber(language, before),
    }),
    totalled({
      key: "difference",
      title: overview.difference,
      value: ({ now, before }) => now - before,
      show: ({ now, before }) => formatNumber(language, now - before, { signDisplay: "exceptZero" }),
    }),
    totalled({
      key: "change",
      title: overview.change,
      hint: overview.change_hint[compare?.by ?? "previous"],
      value: ({ now, before }) => (before ? now / before - 1 : null),
      show: (pair) => changeCell(language, pair),
    }),
  ];
}

/** @param {Language} language @param {Pair} pair */
function changeCell(language, { now, before }) {
  const change = changeOf(language, before ? now / before - 1 : null, before);
  if (!byChance(now, before) || now === before) return change;
  const { chance } = words(language).overview;
  return element("span", { class: "muted", title: chance }, "≈ ", element("span", { class: "unseen" }, `${chance} `), change);
}
