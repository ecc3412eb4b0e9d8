import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createAnnouncer, FRESH_MS, nextRows, released, waitingCount } from "../src/panels/now_list.js";

/** @typedef {import("../src/page/answer_types.js").Incident} Incident */
/** @typedef {import("../src/panels/now_list.js").Rows} Rows */

const incident = (/** @type {number} */ id, status = "new") => /** @type {Incident} */ ({ id, status });
const list = (/** @type {number[]} */ ...ids) => ids.map((id) => incident(id));
const ids = (/** @type {Rows} */ rows) => rows.shown.map(({ id }) => id);
const after = (/** @type {Rows} */ rows, /** @type {number[]} */ answer, held = false, now = 1000) =>
  nextRows(rows, "q", list(...answer), held, now);
const begun = nextRows(null, "q", list(7, 5, 3), false, 0);

test("what is there when the list is opened has not just come", () => {
  assert.deepEqual([ids(begun), begun.arrived.size, begun.came], [[7, 5, 3], 0, 0]);
});

test("what comes stands at once in a list that nobody holds, and is marked for a minute", () => {
  const next = after(begun, [9, 8, 7, 5]);
  assert.deepEqual([ids(next), [...next.arrived.keys()], next.came], [[9, 8, 7, 5], [9, 8], 2]);
  const later = after(next, [10, 9, 8, 7], false, 1000 + FRESH_MS);
  assert.deepEqual([[...later.arrived.keys()], later.came], [[10], 1]);
});

test("what only moves up because others have gone has not come", () => {
  const next = after(begun, [7, 3, 2]);
  assert.deepEqual([ids(next), next.arrived.size], [[7, 3, 2], 0]);
});

test("a list in a reader's hands stays, its rows are kept true, and what waits is counted", () => {
  const held = nextRows(begun, "q", [incident(9), incident(7, "closed"), incident(5)], true, 1000);
  assert.deepEqual([ids(held), held.shown[0]?.status, waitingCount(held)], [[7, 5, 3], "closed", 1]);
  const shown = released(held);
  assert.deepEqual([ids(shown), waitingCount(shown), [...shown.arrived.keys()]], [[9, 7, 5], 0, [9]]);
});

test("more that was asked for stands below a held list", () => {
  const held = after(begun, [9, 7, 5, 3, 2, 1], true);
  assert.deepEqual([ids(held), waitingCount(held)], [[7, 5, 3, 2, 1], 1]);
});

test("another question begins anew", () => {
  const other = nextRows(begun, "other", list(99, 7), true, 1000);
  assert.deepEqual([ids(other), other.arrived.size], [[99, 7], 0]);
});

test("arrivals are said at most once in a while, and none is left out", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  /** @type {number[]} */
  const said = [];
  const announce = createAnnouncer((count) => said.push(count), 10_000);
  announce(1);
  announce(2);
  mock.timers.tick(5000);
  announce(4);
  assert.deepEqual(said, [1]);
  mock.timers.tick(5000);
  assert.deepEqual(said, [1, 6]);
  mock.timers.tick(20_000);
  announce(3);
  assert.deepEqual(said, [1, 6, 3]);
  mock.timers.reset();
});
