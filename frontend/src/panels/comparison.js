/** Two periods in numbers: what has grown and what has fallen, and what chance explains. */

/** @import { Column } from "../charts/table.js" */
/** @import { Told } from "../page/answers.js" */
/** @import { PageStore, State } from "../page/state.js" */
/** @import { Breakdown, Pair } from "./breakdown.js" */
import { createTable } from "../charts/table.js";
import { follow } from "../page/answers.js";
import { element, replaceButtons } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { formatNumber, words } from "../words/i18n.js";
import { pairsOf } from "./breakdown.js";
import { changeOf, dimensionChoice, showAnswer } from "./parts.js";
import { isShown } from "./tabs.js";
import { byChance } from "./worst.js";

const MOST = 200;

/** @param {PageStore} store */
export function showComparison(store) {
  const [head, body] = [element("div", { class: "tools" }), element("div", { id: "comparison" })];
  const box = element("div", {}, head, body);
  const table = createTable({ key: "difference", descending: true });
  let by = "sector";
  /** @type {Told<Breakdown> | null} */
  let told = null;
  const address = (/** @type {State} */ { view }) => `/api/breakdown?${countedQuery(view, { by, compare: view.compare || "previous", ...(by === "district" ? { level: "district" } : {}) })}`;
  const draw = () => {
    const { language } = store.get().view;
    const { overview } = words(language);
    replaceButtons(head, [
      element("h2", {}, overview.comparison),
      dimensionChoice("compared-by", overview.rows, by, language, (code) => {
        by = code;
        store.set({});
      }),
      element("a", { href: `${address(store.get())}&format=csv`, download: "comparison.csv" }, overview.csv),
    ]);
    if (told) showAnswer(body, told, language, (answer) => [table(pairsOf(answer, language, overview.without), columns(store, answer.by[0] ?? by), { caption: overview.comparison, language, keyOf: ({ key }) => key, most: MOST })]);
  };
  follow(store, (state) => (isShown(state, "analysis") ? address(state) : null), (/** @type {Told<Breakdown>} */ answer) => {
    told = answer;
    draw();
  });
  store.watch((state) => state.view, draw);
  return box;
}

/** @param {PageStore} store @param {string} by the dimension @returns {Column<Pair>[]} */
function columns(store, by) {
  const { language } = store.get().view;
  const { overview } = words(language);
  const signed = new Intl.NumberFormat(language, { signDisplay: "exceptZero" });
  return [
    { key: "name", title: /** @type {Record<string, string>} */ (overview.dimensions)[by] ?? by, value: ({ name }) => name },
    { key: "now", title: overview.now, numeric: true, value: ({ now }) => now, show: ({ now }) => formatNumber(language, now) },
    { key: "before", title: overview.then, numeric: true, value: ({ before }) => before, show: ({ before }) => formatNumber(language, before) },
    { key: "difference", title: overview.difference, numeric: true, value: ({ now, before }) => now - before, show: ({ now, before }) => signed.format(now - before) },
    { key: "change", title: overview.change, hint: overview.change_hint, numeric: true, value: ({ now, before }) => (before ? now / before - 1 : null), show: (pair) => changeCell(store, pair) },
  ];
}

/** @param {PageStore} store @param {Pair} pair */
function changeCell(store, { now, before }) {
  const { language } = store.get().view;
  const change = changeOf(language, before ? now / before - 1 : null);
  if (!byChance(now, before) || now === before) return change;
  const { chance } = words(language).overview;
  return element("span", { class: "muted", title: chance }, change, " ≈", element("span", { class: "unseen" }, chance));
}
