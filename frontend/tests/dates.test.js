import assert from "node:assert/strict";
import { test } from "node:test";
import { addDays, dayOf, formatDay, formatWindow, isDay } from "../src/words/dates.js";

test("late evening in UTC is the next day in Moscow", () => {
  assert.equal(dayOf("2026-11-24T20:59:59Z", "Europe/Moscow"), "2026-11-24");
  assert.equal(dayOf("2026-11-24T21:00:00Z", "Europe/Moscow"), "2026-11-25");
});

test("days are added over months and leap years", () => {
  assert.equal(addDays("2028-02-28", 1), "2028-02-29");
  assert.equal(addDays("2026-01-01", -1), "2025-12-31");
});

test("only a whole date is a day", () => {
  assert.deepEqual(["2026-11-24", "2026-11", "2026-13-01", "", "24.11.2026"].map(isDay), [true, false, false, false, false]);
});

test("a day is written as the language writes it", () => {
  assert.equal(formatDay("ru", "2026-11-24T21:30:00Z", "Europe/Moscow"), "25 нояб. 2026 г.");
});

test("a window is written as its first and its last day", () => {
  const summary = {
    window: { from: "2018-10-01T00:00:00Z", to: "2018-11-01T00:00:00Z" },
    data: { first: "2015-01-01T00:00:00Z", last: "2019-06-30T10:00:00Z" },
    time_zone: "UTC",
  };
  assert.equal(formatWindow("en", summary).replaceAll(/\s/g, " "), "Oct 1 – 31, 2018");
});

test("a window wider than the data is written as the data's own days", () => {
  const summary = {
    window: { from: "1970-01-01T00:00:00Z", to: "9999-01-01T00:00:00Z" },
    data: { first: "2015-01-02T00:00:00Z", last: "2019-06-30T10:00:00Z" },
    time_zone: "UTC",
  };
  assert.equal(formatWindow("en", summary).replaceAll(/\s/g, " "), "Jan 2, 2015 – Jun 30, 2019");
});

test("a window without data keeps its own days", () => {
  const summary = {
    window: { from: "2012-10-01T00:00:00Z", to: "2012-11-01T00:00:00Z" },
    data: { first: "2015-01-02T00:00:00Z", last: "2019-06-30T10:00:00Z" },
    time_zone: "UTC",
  };
  assert.equal(formatWindow("en", summary).replaceAll(/\s/g, " "), "Oct 1 – 31, 2012");
});
