/** A table that can be sorted by any column; while its rows change it keeps the order, the focus and whatever stays the same. */

import { element, patch } from "../page/dom.js";
import { keepSortedInSight } from "./sorted_column.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {string} [hint] what the title means, said on hover and to screen readers
 * @property {(row: Row) => number | string | null} value what is sorted by; null comes last, whatever the order
 * @property {(row: Row) => Node | string} [show] the cell; by default the value itself
 * @property {boolean} [picture] the cells are pictures, which have no order: the table cannot be sorted by them
 * @property {boolean} [numeric] numbers stand on the right, and begin with the greatest when sorted
 * @property {(row: Row) => number} [heat] how deep the cell's ground is, 0 to 1
 * @property {Node | string} [total] of all rows, in the table's last line
 */

/** @typedef {{ key: string, descending: boolean }} Order */

/**
 * @template Row
 * @param {readonly Row[]} rows
 * @param {(row: Row) => number | string | null} value
 * @param {boolean} descending
 * @param {string} language for the order of texts
 * @returns {Row[]}
 */
export function sorted(rows, value, descending, language) {
  const { compare } = new Intl.Collator(language, { numeric: true });
  const sign = descending ? -1 : 1;
  return rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b)));
  });
}

/**
 * @template Row
 * @param {Order} order how it is sorted at first
 * @returns {((rows: readonly Row[], columns: readonly Column<Row>[], options: { caption: string, language: string, keyOf: (row: Row) => string, most?: number }) => HTMLElement) & { sort: (order: Order) => void }}
 *   draws the table with these rows, the same element each time; `sort` gives it another order
 */
export function createTable(order) {
  const box = element("div", { class: "table", tabindex: "0", "data-same": "table" });
  const revealSorted = keepSortedInSight(box);
  let chosen = order;
  /** @type {Parameters<typeof drawTable> | null} */
  let last = null;

  /** @param {Column<Row>} column */
  function sortBy({ key, numeric = false }) {
    chosen = { key, descending: chosen.key === key ? !chosen.descending : numeric };
    if (last) drawTable(...last);
    revealSorted();
  }

  /** @param {readonly Row[]} rows @param {readonly Column<Row>[]} columns @param {{ caption: string, language: string, keyOf: (row: Row) => string, most?: number }} options */
  function drawTable(rows, columns, options) {
    last = [rows, columns, options];
    const { caption, language, keyOf, most = Infinity } = options;
    const by = columns.find(({ key }) => key === chosen.key) ?? columns[0];
    const shown = by ? sorted(rows, by.value, chosen.descending, language).slice(0, most) : rows;
    const heads = columns.map((column) => headCell(column, column === by ? chosen.descending : null, () => sortBy(column)));
    const lines = shown.map((row) => tableRow(row, keyOf(row), columns));
    box.setAttribute("aria-label", caption);
    box.setAttribute("role", "group");
    const parts = [
      element("caption", { class: "unseen", "data-same": "caption" }, caption),
      element("thead", { "data-same": "head" }, element("tr", { "data-same": "heads" }, ...heads)),
      element("tbody", { "data-same": "body" }, ...lines),
      ...(columns.some(({ total }) => total !== undefined) ? [element("tfoot", {}, element("tr", {}, ...columns.map(footCell)))] : []),
    ];
    patch(box, [element("table", { "data-same": "table" }, ...parts)]);
    return box;
  }
  /** @param {Order} next */
  const sort = (next) => {
    chosen = next;
    if (last) drawTable(...last);
  };
  return Object.assign(drawTable, { sort });
}

/** @template Row @param {Column<Row>} column @param {boolean | null} descending null where it is not sorted by @param {() => void} sort */
function headCell({ key, title, hint = "", numeric = false, picture = false }, descending, sort) {
  if (picture) return element("th", { scope: "col", "data-key": key }, title);
  const state = descending === null ? "none" : descending ? "descending" : "ascending";
  const arrow = element("span", { class: "arrow", "aria-hidden": "true" }, { none: "", descending: "↓", ascending: "↑" }[state]);
  const button = element(
    "button",
    { type: "button", class: "link", "data-key": `sort ${key}`, ...(hint && { title: hint }), onclick: sort },
    title,
    arrow,
  );
  return element("th", { scope: "col", "aria-sort": state, "data-key": key, class: numeric ? "number" : "" }, button);
}

/** @template Row @param {Row} row @param {string} key @param {readonly Column<Row>[]} columns */
function tableRow(row, key, columns) {
  return element("tr", { "data-row": key, "data-same": `row ${key}` }, ...columns.map((column, at) => cell(row, column, at === 0)));
}

/** @template Row @param {Row} row @param {Column<Row>} column @param {boolean} first */
function cell(row, { value, show, heat, numeric = false }, first) {
  const content = show ? show(row) : String(value(row) ?? "—");
  if (first) return element("th", { scope: "row", "data-same": "name" }, content);
  const made = element("td", { class: numeric ? "number" : "" }, content);
  if (!heat) return made;
  made.classList.add("heat");
  made.style.setProperty("--number-heat", heat(row).toFixed(2));
  return made;
}

/** @template Row @param {Column<Row>} column @param {number} at */
function footCell({ total = "", numeric = false }, at) {
  return at === 0 ? element("th", { scope: "row" }, total) : element("td", { class: numeric ? "number" : "" }, total);
}
