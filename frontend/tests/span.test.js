import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketAt, comparedOver, endsOf, shareOfInstant, spanOf } from "../src/dock/span.js";

const day = (/** @type {number} */ number) => ({ from: `2026-11-0${number}T00:00:00+03:00`, to: `2026-11-0${number + 1}T00:00:00+03:00` });
const DAYS = [1, 2, 3, 4, 5].map(day);
const HOURS = [10, 11, 12].map((hour) => ({ from: `2026-11-01T${hour}:00:00+03:00`, to: `2026-11-01T${hour + 1}:00:00+03:00` }));

test("a span of days is written as days, and found again", () => {
  assert.deepEqual(endsOf(DAYS, [1, 3]), { from: "2026-11-02", to: "2026-11-04" });
  assert.deepEqual(spanOf(DAYS, { from: "2026-11-02", to: "2026-11-04" }), [1, 3]);
});

test("a span of hours is written as instants, and found again", () => {
  assert.deepEqual(endsOf(HOURS, [0, 2]), { from: "2026-11-01T07:00:00Z", to: "2026-11-01T09:00:00Z" });
  assert.deepEqual(spanOf(HOURS, { from: "2026-11-01T07:00:00Z", to: "2026-11-01T09:00:00Z" }), [0, 2]);
});

test("a span that reaches beyond the buckets is cut to them, and never empty", () => {
  assert.deepEqual(spanOf(DAYS, { from: "2026-10-01", to: "2026-12-01" }), [0, 5]);
  assert.deepEqual(spanOf(DAYS, { from: "2026-11-03", to: "2026-11-03" }), [2, 3]);
});

test("every place along the chart belongs to a bucket", () => {
  assert.deepEqual(
    [-0.1, 0, 0.39, 0.4, 0.999, 1].map((share) => bucketAt(share, 5)),
    [0, 0, 1, 2, 4, 4],
  );
});

test("an instant lies in its bucket, as far along as it is in it", () => {
  assert.equal(shareOfInstant(DAYS, Date.parse("2026-11-02T12:00:00+03:00")), 0.3);
  assert.deepEqual([shareOfInstant(DAYS, 0), shareOfInstant(DAYS, Date.parse("2027-01-01T00:00:00Z"))], [0, 1]);
});

test("what a span is compared with stands in its buckets only", () => {
  const buckets = DAYS.map((day) => ({ ...day, n_compared: null }));
  const compared = DAYS.slice(1, 3).map(({ from, to }, at) => ({ from, to, n_compared: at }));
  assert.deepEqual(
    comparedOver(buckets, compared).map(({ n_compared: before }) => before),
    [null, 0, 1, null, null],
  );
});
