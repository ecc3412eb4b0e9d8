/** What a breakdown tells: rows and columns of a cross-table, and one dimension in two periods. Pure. */

/** @import { Dimension, Language, Named } from "../page/state.js" */

/** @typedef {{ code: string | null, name: Named | null }} Entry */
/** @typedef {{ count: number, n_compared: number | null } & Record<string, unknown>} Cell */
/** @typedef {{ by: Dimension[], dimensions: { code: Dimension, label: Named, entries: Entry[] }[], cells: Cell[], total: Cell, compare: { by: "previous" | "year" } | null }} Breakdown */
/** @typedef {{ key: string, name: string, counts: Map<string, number>, all: number }} CrossRow */
/** @typedef {{ key: string, name: string, now: number, before: number }} Pair */

/** What is without an entry, such as an incident without an agency. */
const WITHOUT = "";

/**
 * The cells as rows, those with most first, each with its count by the column's code; and the columns that occur.
 * @param {Breakdown} breakdown of two dimensions @param {Language} language @param {string} without name of what has no entry
 * @returns {{ rows: CrossRow[], columns: { key: string, name: string, all: number }[] }}
 */
export function crossOf({ by: [rowBy = "theme", columnBy = "status"], dimensions, cells }, language, without) {
  const [rowNames, columnNames] = [rowBy, columnBy].map((code) => namesOf(dimensions, code, language, without));
  /** @type {Map<string, CrossRow>} */
  const rows = new Map();
  /** @type {Map<string, number>} */
  const columns = new Map();
  for (const cell of cells) {
    const [row, column] = [keyOf(cell[rowBy]), keyOf(cell[columnBy])];
    const held = rows.get(row) ?? { key: row, name: rowNames?.get(row) ?? row, counts: new Map(), all: 0 };
    held.counts.set(column, cell.count);
    held.all += cell.count;
    rows.set(row, held);
    columns.set(column, (columns.get(column) ?? 0) + cell.count);
  }
  const inOrder = [...(columnNames?.keys() ?? [])].filter((key) => columns.get(key));
  return {
    rows: [...rows.values()].filter(({ all }) => all).sort((one, other) => other.all - one.all),
    columns: inOrder.map((key) => ({ key, name: columnNames?.get(key) ?? key, all: columns.get(key) ?? 0 })),
  };
}

/**
 * One dimension in both periods, the greatest difference first.
 * @param {Breakdown} breakdown of one dimension, compared @param {Language} language @param {string} without
 * @returns {Pair[]}
 */
export function pairsOf({ by: [code = "sector"], dimensions, cells }, language, without) {
  const names = namesOf(dimensions, code, language, without);
  return cells
    .map((cell) => ({
      key: keyOf(cell[code]),
      name: names.get(keyOf(cell[code])) ?? keyOf(cell[code]),
      now: cell.count,
      before: cell.n_compared ?? 0,
    }))
    .sort((one, other) => Math.abs(other.now - other.before) - Math.abs(one.now - one.before));
}

/** @param {Breakdown["dimensions"]} dimensions @param {string} code @param {Language} language @param {string} without */
function namesOf(dimensions, code, language, without) {
  const entries = dimensions.find((dimension) => dimension.code === code)?.entries ?? [];
  return new Map([
    ...entries.map(({ code: key, name }) => /** @type {[string, string]} */ ([keyOf(key), name?.[language] ?? key ?? without])),
    [WITHOUT, without],
  ]);
}

/** @param {unknown} code */
function keyOf(code) {
  return code === null || code === undefined ? WITHOUT : String(code);
}
