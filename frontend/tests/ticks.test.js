import assert from "node:assert/strict";
import { test } from "node:test";
import { timeTicks, valueTicks } from "../src/charts/ticks.js";

/** Buckets one after the other on clocks three hours ahead of UTC. @param {string} first @param {number} count @param {number} hours */
const buckets = (first, count, hours) =>
  Array.from({ length: count }, (_, at) => ({
    from: new Date(Date.parse(`${first}Z`) + at * hours * 3_600_000).toISOString().replace(".000Z", "+03:00"),
  }));
/** @param {readonly { from: string }[]} some @param {number} most @param {"en" | "ru"} language */
const ticksOf = (some, most, language) => timeTicks(some, { most, language, timeZone: "Europe/Moscow" });
const texts = (/** @type {{ text: string }[]} */ ticks) => ticks.map(({ text }) => text);

test("hours have labels at round hours, and midnight has the day", () => {
  const day = buckets("2026-11-29T05:00:00", 24, 1);
  assert.deepEqual(texts(ticksOf(day, 8, "en")), ["06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "Nov 30", "03:00"]);
  assert.deepEqual(texts(ticksOf(day, 4, "ru")), ["06:00", "12:00", "18:00", "30 нояб."]);
  assert.deepEqual(
    ticksOf(day, 4, "ru").map(({ at }) => at),
    [1, 7, 13, 19],
  );
});

test("instants in UTC are told on the service's clocks", () => {
  const day = Array.from({ length: 24 }, (_, hour) => ({ from: new Date(Date.UTC(2026, 10, 29, hour + 2)).toISOString() }));
  assert.deepEqual(texts(ticksOf(day, 4, "ru")), ["06:00", "12:00", "18:00", "30 нояб."]);
});

test("several days of hours have a label a day, and many days one a week, on Monday", () => {
  assert.deepEqual(texts(ticksOf(buckets("2026-11-27T05:00:00", 72, 1), 5, "en")), ["Nov 28", "Nov 29", "Nov 30"]);
  const month = ticksOf(buckets("2026-11-01T00:00:00", 30, 24), 9, "ru");
  assert.deepEqual(texts(month), ["2 нояб.", "9 нояб.", "16 нояб.", "23 нояб.", "30 нояб."]);
  assert.equal(ticksOf(buckets("2026-11-01T00:00:00", 30, 24), 30, "ru").length, 30, "where there is room each day has one");
});

test("a year of weeks has a label a month, with the year where it begins", () => {
  const year = ticksOf(buckets("2025-12-01T00:00:00", 52, 168), 14, "en");
  assert.deepEqual(texts(year).slice(0, 4), ["Dec", "Jan 2026", "Feb", "Mar"]);
  assert.equal(year.length, 12);
  assert.deepEqual(texts(ticksOf(buckets("2025-12-01T00:00:00", 52, 168), 5, "en")), ["Jan 2026", "Apr", "Jul", "Oct"]);
});

test("labels are never more than there is room for, whatever the buckets", () => {
  for (const hours of [1, 3, 24, 168, 730])
    for (const count of [1, 2, 23, 24, 25, 90, 400])
      for (const most of [1, 3, 8])
        assert.ok(ticksOf(buckets("2024-02-27T07:00:00", count, hours), most, "ru").length <= most, `${hours} ${count}`);
  assert.deepEqual(ticksOf([], 5, "ru"), []);
});

test("values are round, few, and reach the greatest", () => {
  const cases = {
    1: [1],
    3: [1, 2, 3],
    7: [5, 10],
    11: [5, 10, 15],
    99: [50, 100],
    215: [100, 200, 300],
    778: [500, 1000],
    1000: [500, 1000],
  };
  for (const [greatest, ticks] of Object.entries(cases)) assert.deepEqual(valueTicks(Number(greatest), 3), ticks, greatest);
});
