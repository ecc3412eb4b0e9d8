import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, choicesOf, chosenOf, found, withCode } from "../src/choice/filter_choices.js";
import { readView } from "../src/page/url.js";
import { crossOf, pairsOf } from "../src/panels/breakdown.js";

const named = (/** @type {string} */ code) => ({ code, name: { ru: code.toUpperCase(), en: code } });
const CROSS = /** @type {import("../src/panels/breakdown.js").Breakdown} */ ({
  by: ["theme", "status"],
  dimensions: [
    { code: "theme", label: named("theme").name, entries: [named("pothole"), named("dump")] },
    { code: "status", label: named("status").name, entries: [named("new"), named("closed"), named("returned")] },
  ],
  cells: [
    { theme: "dump", status: "closed", count: 4, n_compared: 9 },
    { theme: "pothole", status: "new", count: 5, n_compared: null },
    { theme: "pothole", status: "closed", count: 1, n_compared: 1 },
    { theme: null, status: "closed", count: 2, n_compared: 0 },
  ],
  total: { count: 12, n_compared: null },
  compare: null,
});

test("a cross-table has the greatest rows first, the columns in the service's order, and those that occur", () => {
  const { rows, columns } = crossOf(CROSS, "en", "without");
  assert.deepEqual(
    rows.map(({ name, all }) => [name, all]),
    [
      ["pothole", 6],
      ["dump", 4],
      ["without", 2],
    ],
  );
  assert.deepEqual(
    columns.map(({ name, all }) => [name, all]),
    [
      ["new", 5],
      ["closed", 7],
    ],
  );
  assert.deepEqual(
    rows.map(({ counts }) => [counts.get("new") ?? 0, counts.get("closed") ?? 0]),
    [
      [5, 1],
      [0, 4],
      [0, 2],
    ],
  );
});

test("two periods are set side by side, the greatest difference first", () => {
  const pairs = pairsOf({ ...CROSS, by: ["theme"], cells: [CROSS.cells[0], CROSS.cells[1]].flatMap((cell) => cell ?? []) }, "ru", "без");
  assert.deepEqual(
    pairs.map(({ name, now, before }) => [name, now, before]),
    [
      ["DUMP", 4, 9],
      ["POTHOLE", 5, 0],
    ],
  );
});

const VIEW = readView("#theme=a,b&status=open", ["en"]);

test("a code is added to a filter and taken from it; an empty filter is none", () => {
  assert.deepEqual(chosenOf(VIEW, "theme"), ["a", "b"]);
  assert.deepEqual(withCode(VIEW, "theme", "c").filters, { theme: "a,b,c", status: "open" });
  assert.deepEqual(withCode(VIEW, "theme", "a").filters, { theme: "b", status: "open" });
  assert.deepEqual(withCode(VIEW, "status", "open").filters, { theme: "a,b" });
});

test("a search finds words in any order, in the name or the code, and ё as е", () => {
  const choices = [
    ["water.cold", "Нет холодной воды", 3],
    ["water.green", "Зелёная вода", 9],
    ["heat", "Холодно", 5],
  ].map(([code, name, count]) => ({ code: String(code), name: { ru: String(name), en: String(name) }, count: Number(count) }));
  const codes = (/** @type {string} */ search) => found(choices, search, "ru").map(({ code }) => code);
  assert.deepEqual(codes(""), ["water.green", "heat", "water.cold"]);
  assert.deepEqual(codes("вод холодн"), ["water.cold"]);
  assert.deepEqual(codes("зеленая"), ["water.green"]);
  assert.deepEqual(codes("WATER"), ["water.green", "water.cold"]);
});

test("a filter's entries are counted for the choice without the filter itself, the groups of states by the whole", () => {
  assert.equal(addressOf({ ...VIEW, sectors: ["roads"] }, "status"), "/api/breakdown?sector=roads&theme=a%2Cb&window=30d&by=status");
  assert.equal(addressOf(VIEW, "district"), "/api/breakdown?theme=a%2Cb&status=open&window=30d&by=district&level=district");
  const answer = {
    dimensions: [{ code: "status", entries: [named("new"), named("closed"), { code: null, name: null }] }],
    cells: [{ status: "new", count: 3 }],
    total: { open: 3, overdue: 1 },
  };
  const choices = choicesOf(answer, "status");
  assert.deepEqual(
    choices.map(({ code, count }) => [code, count]),
    [
      ["open", 3],
      ["overdue", 1],
      ["new", 3],
      ["closed", 0],
    ],
  );
  assert.deepEqual(
    found(choices, "", "en").map(({ code }) => code),
    ["open", "overdue", "new", "closed"],
  );
});
