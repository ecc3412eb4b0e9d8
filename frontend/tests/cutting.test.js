import assert from "node:assert/strict";
import { test } from "node:test";
import { cutWindow } from "../src/dock/cutting.js";

const NOW = Date.parse("2026-11-25T20:55:00Z");
const DATA = { first: "2022-01-15T09:00:00Z", last: "2026-11-25T20:54:00Z" };

/** @param {string} from @param {string} to */
function cut(from, to) {
  return cutWindow({ window: { from, to }, data: DATA, time_zone: "Europe/Moscow" }, NOW);
}

test("thirty days back from now are thirty days of the calendar, today the last", () => {
  assert.deepEqual(cut("2026-10-26T20:55:00Z", "2026-11-25T20:55:00Z"), { from: "2026-10-27", to: "2026-11-26", frames: 30 });
});

test("a day is played by full hours", () => {
  assert.deepEqual(cut("2026-11-24T20:55:00Z", "2026-11-25T20:55:00Z"), {
    from: "2026-11-24T21:00:00Z",
    to: "2026-11-25T21:00:00Z",
    frames: 24,
  });
});

test("days of the calendar are played from the first to the last", () => {
  assert.deepEqual(cut("2026-10-31T21:00:00Z", "2026-11-24T21:00:00Z"), { from: "2026-11-01", to: "2026-11-25", frames: 24 });
  assert.deepEqual(cut("2026-11-14T21:00:00Z", "2026-11-24T21:00:00Z"), { from: "2026-11-15", to: "2026-11-25", frames: 40 });
});

test("a year is played by weeks, several years in sixty steps", () => {
  assert.deepEqual(cut("2025-11-25T20:55:00Z", "2026-11-25T20:55:00Z"), { from: "2025-11-27", to: "2026-11-26", frames: 52 });
  assert.equal(cut("2023-11-25T20:55:00Z", "2026-11-25T20:55:00Z").frames, 60);
});

test("all data are played from the first message to the last", () => {
  assert.deepEqual(cut("1970-01-01T21:00:00Z", "2106-02-07T06:28:15Z"), {
    from: "2022-01-15T09:00:00Z",
    to: "2026-11-25T20:54:01Z",
    frames: 60,
  });
});

test("an hour has two frames at least", () => {
  assert.deepEqual(cut("2026-11-25T20:00:00Z", "2026-11-25T21:00:00Z"), {
    from: "2026-11-25T19:00:00Z",
    to: "2026-11-25T21:00:00Z",
    frames: 2,
  });
});
