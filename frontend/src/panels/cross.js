/** A cross-table of two dimensions, deeper where there are more: theme and status to begin with. */

/** @import { Column } from "../charts/table.js" */
/** @import { Told } from "../page/answers.js" */
/** @import { PageStore, State } from "../page/state.js" */
/** @import { Breakdown, CrossRow } from "./breakdown.js" */
import { createTable } from "../charts/table.js";
import { follow } from "../page/answers.js";
import { element, replaceButtons } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { crossOf } from "./breakdown.js";
import { dimensionChoice, showAnswer } from "./parts.js";
import { isShown } from "./tabs.js";

const MOST = 200;

/** @param {PageStore} store */
export function showCross(store) {
  const [head, body] = [element("div", { class: "tools" }), element("div", { id: "cross" })];
  const box = element("div", {}, head, body);
  const table = createTable({ key: "all", descending: true });
  let by = ["theme", "status"];
  /** @type {Told<Breakdown> | null} */
  let told = null;
  const address = (/** @type {State} */ { view }) => `/api/breakdown?${countedQuery(view, { by: by.join(","), ...(by.includes("district") ? { level: "district" } : {}) })}`;
  /** @param {number} place @param {string} code */
  const choose = (place, code) => {
    // The same twice says nothing: the two change places.
    by = by[1 - place] === code ? by.toReversed() : by.with(place, code);
    store.set({});
    draw();
  };
  const draw = () => {
    const { language } = store.get().view;
    const { overview } = words(language);
    replaceButtons(head, [
      element("h2", {}, overview.cross),
      ...[overview.rows, overview.columns].map((name, place) => dimensionChoice(`cross-${place}`, name, by[place] ?? "", language, (code) => choose(place, code))),
      element("a", { href: `${address(store.get())}&format=csv`, download: "cross-table.csv" }, overview.csv),
    ]);
    if (told) showAnswer(body, told, language, (answer) => crossTable(store, answer, table));
  };
  follow(store, (state) => (isShown(state, "analysis") ? address(state) : null), (/** @type {Told<Breakdown>} */ answer) => {
    told = answer;
    draw();
  });
  store.watch((state) => state.view, draw);
  return box;
}

/** @param {PageStore} store @param {Breakdown} answer @param {ReturnType<typeof createTable<CrossRow>>} table */
function crossTable(store, answer, table) {
  const { language } = store.get().view;
  const { overview } = words(language);
  const { rows, columns } = crossOf(answer, language, overview.without);
  const most = Math.max(1, ...rows.flatMap(({ counts }) => [...counts.values()]));
  const names = /** @type {Record<string, string>} */ (overview.dimensions);
  const [of = "", across = ""] = answer.by.map((code) => names[code] ?? code);
  /** @type {Column<CrossRow>[]} */
  const made = [
    { key: "name", title: of, value: ({ name }) => name },
    { key: "all", title: overview.all, numeric: true, value: ({ all }) => all, show: ({ all }) => formatNumber(language, all) },
    ...columns.map(({ key, name, all }) => /** @type {Column<CrossRow>} */ ({
      key: `of ${key}`, title: name, hint: formatNumber(language, all), numeric: true, value: ({ counts }) => counts.get(key) ?? 0, show: ({ counts }) => heat(counts.get(key) ?? 0, most, language),
    })),
  ];
  const caption = fill(overview.crossOf, { rows: of, columns: across });
  const cut = rows.length > MOST ? [element("p", { class: "muted" }, fill(overview.mostRows, { most: MOST, all: formatNumber(language, rows.length) }))] : [];
  return [table(rows, made, { caption, language, keyOf: ({ key }) => key, most: MOST }), ...cut];
}

/** A number on a ground that is deeper the greater it is. @param {number} value @param {number} most @param {import("../page/state.js").Language} language */
function heat(value, most, language) {
  const made = element("span", { class: "heat" }, value ? formatNumber(language, value) : "·");
  made.style.setProperty("--heat", String(Math.sqrt(value / most)));
  return made;
}
