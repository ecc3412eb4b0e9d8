import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { rangeText } from "../src/choice/ranges.js";

/** @param {string} measure @param {number[]} limits @param {number} [middle] @returns {import("../src/choice/ranges.js").Classed} */
function legendOf(measure, limits, middle) {
  const classes = limits.slice(1).map((to, at) => ({ class: at, from: limits[at] ?? 0, to }));
  return { measure, classes, ...(middle === undefined ? {} : { significance: { class: middle, p: 0.05 } }) };
}

/** @param {"ru" | "en"} language @param {import("../src/choice/ranges.js").Classed} legend */
function texts(language, legend) {
  return legend.classes.map((row) => rangeText(language, legend, row).replaceAll(/\s/g, " "));
}

test("a whole number by itself is no range", () => {
  const legend = {
    measure: "count",
    classes: [
      { class: 0, from: 1, to: 1 },
      { class: 2, from: 2, to: 1480 },
    ],
  };
  assert.deepEqual(texts("en", legend), ["1", "2–1,480"]);
});

test("limits have as many decimals as tell them apart", () => {
  assert.deepEqual(texts("en", legendOf("per_1000", [0.178, 0.268, 0.308, 0.4])), ["0.18–0.27", "0.27–0.31", "0.31–0.4"]);
  assert.deepEqual(texts("ru", legendOf("answer_hours", [1.64, 4.05, 10, 24.67])), ["2–4", "4–10", "10–25"]);
});

test("shares are per cents with one sign for both ends", () => {
  assert.deepEqual(texts("ru", legendOf("share_closed", [0, 0.5455, 1])), ["0–55 %", "55–100 %"]);
  assert.deepEqual(texts("en", legendOf("share_on_time", [0.9091, 0.9133, 1])), ["90.9–91.3%", "91.3–100%"]);
});

test("a change says in words on which side of chance it lies", () => {
  const legend = legendOf("change", [-1, -0.5, 0, 1.08, 11], 2);
  const five = [
    { class: 0, from: -1, to: -0.5 },
    { class: 1, from: -0.5, to: 0 },
    { class: 2, from: -1, to: 6 },
    { class: 3, from: 0, to: 1.08 },
    { class: 4, from: 1.08, to: 11 },
  ];
  assert.deepEqual(texts("en", { ...legend, classes: five }), [
    "decrease: 50–100%",
    "decrease: up to 50%",
    "within random variation",
    "increase: up to 108%",
    "increase: 108–1,100%",
  ]);
});

test("limits that look alike are one number", () => {
  const classes = [
    { class: 0, from: -1, to: -1 },
    { class: 2, from: -1, to: 6 },
    { class: 4, from: 22, to: 22 },
  ];
  assert.deepEqual(texts("ru", { ...legendOf("change", [], 2), classes }), [
    "снижение: 100 %",
    "в пределах случайных колебаний",
    "рост: 2 200 %",
  ]);
});

test("classes that have names are called by them", () => {
  const named = (/** @type {number} */ number, /** @type {string} */ en) =>
    /** @type {import("../src/choice/ranges.js").ClassRow} */ (
      /** @type {unknown} */ ({ class: number, from: null, to: null, name: { ru: "", en } })
    );
  assert.deepEqual(texts("en", { measure: "unusual", classes: [named(0, "as usual"), named(4, "very unusual")] }), [
    "as usual",
    "very unusual",
  ]);
});
