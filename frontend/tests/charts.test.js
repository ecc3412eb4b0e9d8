import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { sparkPoints } from "../src/charts/svg.js";
import { sorted } from "../src/charts/table.js";
import { byChance, growthOf, worstDistricts } from "../src/parts/worst.js";

test("rows are sorted by a number, either way, and what has none comes last both times", () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }];
  const by = (/** @type {{ n: number | null }} */ row) => row.n;
  assert.deepEqual(sorted(rows, by, true, "en").map(by), [10, 2, null]);
  assert.deepEqual(sorted(rows, by, false, "en").map(by), [2, 10, null]);
});

test("names are sorted as the language does", () => {
  const names = ["Яр", "Ёлкино", "Ейск", "Жуковка"].map((name) => ({ name }));
  assert.deepEqual(
    sorted(names, ({ name }) => name, false, "ru").map(({ name }) => name),
    ["Ейск", "Ёлкино", "Жуковка", "Яр"],
  );
});

test("a trend begins at the left, ends at the right, and its greatest value is at the top", () => {
  assert.equal(sparkPoints([0, 4, 2], 22, 12), "1,11 11,1 21,6");
});

const district = (/** @type {string} */ code, /** @type {number} */ count, /** @type {number} */ overdue) =>
  /** @type {import("../src/page/answer_types.js").DistrictRow} */ (/** @type {unknown} */ ({ code, count, overdue }));

test("the worst district has most overdue beyond the region's share, whatever its size", () => {
  const rows = [district("city", 1000, 100), district("village", 50, 25), district("hamlet", 1, 1), district("good", 949, 74)];
  const worst = worstDistricts(rows, { count: 2000, overdue: 200 });
  assert.deepEqual(
    worst.map((one) => [one.district.code, one.excess]),
    [["village", 20]],
  );
});

test("where nothing is overdue no district is worst", () => {
  assert.deepEqual(worstDistricts([district("a", 5, 0)], { count: 5, overdue: 0 }), []);
});

test("chance explains a small difference of small numbers, not of large ones", () => {
  assert.deepEqual([byChance(12, 8), byChance(30, 8), byChance(1200, 800), byChance(1040, 1000)], [true, false, false, true]);
});

test("a reason tells how many more messages came, unless chance explains it", () => {
  const grown = (/** @type {number} */ count, /** @type {number | null} */ before, change = before ? count / before - 1 : null) =>
    growthOf(
      "en",
      /** @type {import("../src/page/answer_types.js").DistrictRow} */ (/** @type {unknown} */ ({ count, n_compared: before, change })),
      "year",
    );
  assert.deepEqual(grown(140, 100), ["+40% incidents vs last year"]);
  assert.deepEqual([grown(105, 100), grown(5, 0), grown(5, null)], [[], [], []]);
});
