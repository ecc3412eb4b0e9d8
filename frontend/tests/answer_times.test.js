import "./all_words.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { runs } from "../src/charts/trend_chart.js";
import { addressOf, trendText } from "../src/panels/answer_times.js";
import { readView } from "../src/page/url.js";
import { districtsAddress } from "../src/parts/totals.js";
import { rankedLevel } from "../src/view/regions.js";

const trend = { years: 2, n: 300, n_compared: 280, median_hours: 10, median_hours_compared: 25, times_faster: 2.5, certain: true };

test("two and a half times faster in two years is said, and what chance explains is said to be so", () => {
  assert.equal(trendText("en", trend), "2.5 times faster than in the same months 2 years earlier (25 h → 10 h)");
  assert.equal(
    trendText("ru", { ...trend, certain: false }),
    "В 2,5 раза быстрее, чем в те же месяцы 2 года назад (25 ч → 10 ч); в пределах случайных колебаний",
  );
});

test("slower is not called faster, and what has not been reached is not guessed", () => {
  const slower = { ...trend, years: 1, median_hours: 30, median_hours_compared: 20, times_faster: 0.67 };
  assert.equal(trendText("ru", slower), "В 1,5 раза медленнее, чем в те же месяцы 1 год назад (20 ч → 30 ч)");
  assert.equal(trendText("en", { ...trend, times_faster: null, median_hours: null }), "2 years: not reached yet");
});

test("the trend is of all data, of the chosen sectors and filters", () => {
  const view = readView("#window=7d&sector=roads&district=23&measure=overdue", ["ru"]);
  assert.equal(addressOf(view, "sector"), "/api/answer_times?sector=roads&district=23&by=month&group=sector");
});

test("months that are not known leave a gap in the line", () => {
  const points = [1, 2, null, null, 3, 4].map((value) => ({ value, label: "", partial: false }));
  assert.deepEqual(runs(points), [
    [0, 1],
    [4, 5],
  ]);
});

test("of several regions regions are ranked, of one of them its districts", () => {
  const region = (/** @type {string} */ code) => ({ code, name: { ru: code, en: code } });
  const state = (/** @type {string} */ hash, /** @type {string[]} */ codes) =>
    /** @type {import("../src/page/state.js").State} */ (
      /** @type {unknown} */ ({ view: readView(hash, ["ru"]), regions: codes.map(region) })
    );
  assert.equal(rankedLevel(state("", [])), "district");
  assert.equal(rankedLevel(state("", ["23"])), "district");
  assert.equal(rankedLevel(state("", ["23", "07"])), "region");
  assert.equal(rankedLevel(state("#district=23", ["23", "07"])), "district");
  assert.match(districtsAddress(state("", ["23", "07"])), /level=region/);
});
