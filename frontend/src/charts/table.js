/** A table that can be sorted by any column; it keeps the focus and the order while its rows change. */

import { element } from "../page/dom.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {string} [hint] what the title means, said on hover and to screen readers
 * @property {(row: Row) => number | string | null} value what is sorted by; null comes last, whatever the order
 * @property {(row: Row) => Node | string} [show] the cell; by default the value itself
 * @property {boolean} [numeric] numbers stand on the right, and begin with the greatest when sorted
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
 * @returns {(rows: readonly Row[], columns: readonly Column<Row>[], options: { caption: string, language: string, keyOf: (row: Row) => string, most?: number }) => HTMLElement}
 *   draws the table with these rows; the same element each time
 */
export function createTable(order) {
  const box = element("div", { class: "table", tabindex: "0" });
  let chosen = order;
  /** @type {Parameters<ReturnType<typeof createTable<Row>>> | null} */
  let last = null;

  /** @param {Column<Row>} column */
  function sortBy({ key, numeric = false }) {
    chosen = { key, descending: chosen.key === key ? !chosen.descending : numeric };
    if (last) draw(...last);
  }

  /** @type {ReturnType<typeof createTable<Row>>} */
  function draw(rows, columns, options) {
    last = [rows, columns, options];
    const { caption, language, keyOf, most = Infinity } = options;
    const focused = keyOfFocus(box);
    const by = columns.find(({ key }) => key === chosen.key) ?? columns[0];
    const shown = by ? sorted(rows, by.value, chosen.descending, language).slice(0, most) : rows;
    const heads = columns.map((column) => headCell(column, column === by ? chosen.descending : null, () => sortBy(column)));
    const lines = shown.map((row) => element("tr", { "data-row": keyOf(row) }, ...columns.map((column, at) => cell(row, column, at === 0))));
    const scrolled = [box.scrollLeft, box.scrollTop];
    box.setAttribute("aria-label", caption);
    box.setAttribute("role", "group");
    box.replaceChildren(
      element("table", {}, element("caption", { class: "unseen" }, caption), element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines)),
    );
    [box.scrollLeft, box.scrollTop] = /** @type {[number, number]} */ (scrolled);
    if (focused) /** @type {HTMLElement | null} */ (box.querySelector(focused))?.focus();
    return box;
  }
  return draw;
}

/** @param {HTMLElement} box @returns {string} finds the focused button again; "" where none is */
function keyOfFocus(box) {
  const focused = document.activeElement;
  if (!focused || !box.contains(focused)) return "";
  const head = focused.closest("th[data-key]")?.getAttribute("data-key");
  if (head) return `th[data-key="${CSS.escape(head)}"] button`;
  const row = focused.closest("tr")?.getAttribute("data-row");
  return row ? `tr[data-row="${CSS.escape(row)}"] button` : "";
}

/** @template Row @param {Column<Row>} column @param {boolean | null} descending null where it is not sorted by @param {() => void} sort */
function headCell({ key, title, hint = "", numeric = false }, descending, sort) {
  const state = descending === null ? "none" : descending ? "descending" : "ascending";
  const arrow = element("span", { class: "arrow", "aria-hidden": "true" }, { none: "", descending: "↓", ascending: "↑" }[state]);
  const button = element("button", { type: "button", class: "link", ...(hint && { title: hint }), onclick: sort }, title, arrow);
  return element("th", { scope: "col", "aria-sort": state, "data-key": key, class: numeric ? "number" : "" }, button);
}

/** @template Row @param {Row} row @param {Column<Row>} column @param {boolean} first */
function cell(row, { value, show, numeric = false }, first) {
  const content = show ? show(row) : String(value(row) ?? "—");
  return first ? element("th", { scope: "row" }, content) : element("td", { class: numeric ? "number" : "" }, content);
}
