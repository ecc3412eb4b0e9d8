import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { growthOf, worstDistricts } from "../src/parts/worst.js";

/** @param {string} code @param {number} count @param {number} overdue @param {Partial<import("../src/page/answer_types.js").DistrictRow>} [more] */
function row(code, count, overdue, more = {}) {
  return /** @type {import("../src/page/answer_types.js").DistrictRow} */ ({
    code,
    name: { ru: code, en: code },
    count,
    overdue,
    change: null,
    n_compared: null,
    ...more,
  });
}

test("one of two overdue is never the worst, nor are ten messages with two overdue", () => {
  const rows = [row("village", 2, 1), row("nine", 9, 9), row("ten", 10, 2), row("town", 10, 3)];
  assert.deepEqual(
    worstDistricts(rows, { count: 1000, overdue: 20 }).map(({ district }) => district.code),
    ["town"],
  );
});

test("a district with no more overdue than the region's share is not among the worst, however large it is", () => {
  const rows = [row("city", 500, 50), row("town", 100, 11), row("other", 400, 39)];
  assert.deepEqual(
    worstDistricts(rows, { count: 1000, overdue: 100 }).map(({ district }) => district.code),
    ["town"],
  );
});

test("that more came is a reason, that fewer came is none", () => {
  const grown = (/** @type {number} */ count, /** @type {number} */ before) =>
    growthOf("ru", row("x", count, 0, { change: count / before - 1, n_compared: before }), "previous");
  assert.match(grown(100, 50)[0]?.replaceAll(/\s/g, " ") ?? "", /^\+100 %/);
  assert.deepEqual(grown(48, 100), []);
  assert.deepEqual(grown(101, 100), []);
});
