/** A cross-table of two dimensions, deeper where there are more: theme and status to begin with. */

/** @import { Column } from "../charts/table.js" */
/** @import { Dimension, PageStore, State, View } from "../page/state.js" */
/** @import { Breakdown, CrossRow } from "./breakdown.js" */
import { createTable } from "../charts/table.js";
import { countedQuery, DIMENSIONS } from "../page/url.js";
import { fill, formatNumber, words } from "../words/i18n.js";
import { crossOf } from "./breakdown.js";
import { cutNote, dimensionChoice, MOST_ROWS, tablePart } from "./table_parts.js";

/** @param {PageStore} store */
export function showCross(store) {
  /** @type {ReturnType<typeof createTable<CrossRow>>} */
  const table = createTable({ key: "all", descending: true });
  const addressOf = (/** @type {State} */ { view }) =>
    `/api/breakdown?${countedQuery(view, { by: view.cross.join(","), ...(view.cross.includes("district") && { level: "district" }) })}`;
  const choices = /** @type {const} */ (["rows", "columns"]).map((name, place) =>
    dimensionChoice(store, {
      id: `cross-${name}`,
      name,
      among: DIMENSIONS,
      pick: ({ cross }) => cross[place === 0 ? 0 : 1],
      change: (view, code) => ({ cross: crossed(view, place, code) }),
    }),
  );
  return tablePart(
    store,
    {
      id: "cross",
      title: ({ cross }) => cross,
      file: "cross-table",
      addressOf,
      render: (/** @type {Breakdown} */ answer) => crossTable(store, answer, table),
    },
    choices,
  );
}

/** The same twice says nothing: the two change places. @param {View} view @param {number} place 0 rows, 1 columns @param {Dimension} code @returns {View["cross"]} */
function crossed({ cross: [rows, columns] }, place, code) {
  if (place === 0) return [code, code === columns ? rows : columns];
  return [code === rows ? columns : rows, code];
}

/** @param {PageStore} store @param {Breakdown} answer @param {ReturnType<typeof createTable<CrossRow>>} table */
function crossTable(store, answer, table) {
  const { language } = store.get().view;
  const { overview } = words(language);
  const [byRows = "theme", byColumns = "status"] = answer.by;
  const { rows, columns } = crossOf(answer, language, overview.without);
  const most = Math.max(1, ...rows.flatMap(({ counts }) => [...counts.values()]));
  const shown = (/** @type {number} */ value) => (value ? formatNumber(language, value) : "·");
  /** @type {Column<CrossRow>[]} */
  const made = [
    { key: "name", title: overview.dimensions[byRows], value: ({ name }) => name, total: overview.all },
    {
      key: "all",
      title: overview.all,
      numeric: true,
      value: ({ all }) => all,
      show: ({ all }) => shown(all),
      total: shown(answer.total.count),
    },
    ...columns.map(({ key, name, all }) => {
      const count = (/** @type {CrossRow} */ { counts }) => counts.get(key) ?? 0;
      // By the square root: counts of a cross-table differ by orders of magnitude.
      return {
        key: `of ${key}`,
        title: name,
        numeric: true,
        value: count,
        show: (/** @type {CrossRow} */ row) => shown(count(row)),
        heat: (/** @type {CrossRow} */ row) => Math.sqrt(count(row) / most),
        total: shown(all),
      };
    }),
  ];
  const caption = fill(overview.crossOf, { rows: overview.dimensions[byRows], columns: overview.dimensions[byColumns] });
  return [table(rows, made, { caption, language, keyOf: ({ key }) => key, most: MOST_ROWS }), ...cutNote(language, rows.length)];
}
