import assert from "node:assert/strict";
import { test } from "node:test";
import { aroundOf, askedWindow, windowOf } from "../src/dock/around.js";

const KNOWN = { data: { first: "2026-01-15T09:00:00Z", last: "2026-11-24T21:30:00Z" }, time_zone: "Europe/Moscow" };

/** @param {string} from @param {string} to @param {string} [around] */
function dated(from, to, around = "") {
  return { window: "", from, to, around };
}

test("a window back from now is its own surroundings", () => {
  assert.equal(aroundOf({ window: "30d", from: "", to: "", around: "" }, KNOWN), "30d");
});

test("a span keeps the window in which it was chosen", () => {
  assert.equal(aroundOf(dated("2026-11-03", "2026-11-05", "30d"), KNOWN), "30d");
});

test("a span of days is shown with as many days before and after", () => {
  assert.equal(aroundOf(dated("2026-10-01", "2026-10-08"), KNOWN), "2026-09-24,2026-10-15");
});

test("an instant means its day where the service is", () => {
  assert.equal(aroundOf(dated("2026-10-01T21:30:00Z", "2026-10-02T09:00:00Z"), KNOWN), "2026-10-01,2026-10-04");
});

test("there are no surroundings where there are no data, and the span itself is always there", () => {
  assert.equal(aroundOf(dated("2026-11-20", "2026-11-25"), KNOWN), "2026-11-15,2026-11-26");
  assert.equal(aroundOf(dated("2026-01-16", "2026-01-20"), KNOWN), "2026-01-15,2026-01-24");
  assert.equal(aroundOf(dated("2020-01-01", "2020-02-01"), KNOWN), "2020-01-01,2020-03-03");
  assert.equal(aroundOf(dated("2030-01-01", "2030-02-01"), KNOWN), "2029-12-01,2030-02-01");
});

test("what is no time, or has one end, is left as it is", () => {
  assert.equal(aroundOf(dated("yesterday", "2026-11-25"), KNOWN), "yesterday,2026-11-25");
  assert.deepEqual(windowOf(aroundOf(dated("2026-11-20", ""), KNOWN)), { window: "", from: "2026-11-20", to: "" });
});

test("the text is read again", () => {
  assert.deepEqual(windowOf("30d"), { window: "30d", from: "", to: "" });
  assert.deepEqual(windowOf("2026-11-01,2026-12-01"), { window: "", from: "2026-11-01", to: "2026-12-01" });
});

test("all data are asked for from the first of them", () => {
  assert.deepEqual(askedWindow(windowOf("all"), KNOWN), { window: "", from: "2026-01-15", to: "2026-11-26" });
});
