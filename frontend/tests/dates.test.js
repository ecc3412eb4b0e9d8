import assert from "node:assert/strict";
import { test } from "node:test";
import { addDays, dayOf, formatDay, formatWindow, isDay, presetDays } from "../src/words/dates.js";

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
  assert.equal(formatWindow("en", summary).replaceAll(/\s/g, " "), "October 1 – 31, 2018");
});

test("a window wider than the data is written as the data's own days", () => {
  const summary = {
    window: { from: "1970-01-01T00:00:00Z", to: "9999-01-01T00:00:00Z" },
    data: { first: "2015-01-02T00:00:00Z", last: "2019-06-30T10:00:00Z" },
    time_zone: "UTC",
  };
  assert.equal(formatWindow("en", summary).replaceAll(/\s/g, " "), "January 2, 2015 – June 30, 2019");
});

test("a window without data keeps its own days", () => {
  const summary = {
    window: { from: "2012-10-01T00:00:00Z", to: "2012-11-01T00:00:00Z" },
    data: { first: "2015-01-02T00:00:00Z", last: "2019-06-30T10:00:00Z" },
    time_zone: "UTC",
  };
  assert.equal(formatWindow("en", summary).replaceAll(/\s/g, " "), "October 1 – 31, 2012");
});

test("of less than a day the hours are said", () => {
  const summary = {
    window: { from: "2026-11-24T07:00:00Z", to: "2026-11-24T11:00:00Z" },
    data: { first: "2015-01-02T00:00:00Z", last: "2026-11-25T10:00:00Z" },
    time_zone: "Europe/Moscow",
  };
  assert.equal(formatWindow("ru", summary).replaceAll(/\s/g, " "), "24 ноября 2026 г., 10:00–14:00");
});

test("days of the calendar are counted from today, weeks from Monday", () => {
  // A Wednesday.
  assert.deepEqual(presetDays("today", "2026-11-25"), { from: "2026-11-25", to: "2026-11-26" });
  assert.deepEqual(presetDays("yesterday", "2026-12-01"), { from: "2026-11-30", to: "2026-12-01" });
  assert.deepEqual(presetDays("week", "2026-11-25"), { from: "2026-11-23", to: "2026-11-26" });
  assert.deepEqual(presetDays("lastWeek", "2026-11-29"), { from: "2026-11-16", to: "2026-11-23" });
  assert.deepEqual(presetDays("month", "2026-11-25"), { from: "2026-11-01", to: "2026-11-26" });
  assert.deepEqual(presetDays("lastMonth", "2026-01-31"), { from: "2025-12-01", to: "2026-01-01" });
});
