import assert from "node:assert/strict";
import { test } from "node:test";
import { divisionOf, readLimits, typedLimits } from "../src/view/breaks.js";
import { ofComparison, ofLayer, ofMeasure, withoutPast } from "../src/view/layer_measures.js";
import { readView } from "../src/page/url.js";

for (const [typed, limits] of /** @type {const} */ ([
  ["5, 20", "5,20"],
  ["5,20", "5,20"],
  ["5; 20; 50", "5,20,50"],
  ["0,5; 1,5", "0.5,1.5"],
  [" 7 ", "7"],
  ["1 2 3 4", "1,2,3,4"],
])) {
  test(`limits typed as "${typed}" are ${limits}`, () => assert.equal(readLimits(typed, "count"), limits));
}

for (const typed of ["", "a", "5, 2", "1,2,3,4,5", "5; 5", "0; 5", "-1; 5"]) {
  test(`"${typed}" is no limits`, () => assert.equal(readLimits(typed, "count"), null));
}

test("limits of a change are per cents on both sides of zero, and nothing falls by more than all", () => {
  assert.equal(readLimits("-50; 50", "change"), "-0.5,0.5");
  assert.equal(readLimits("−12,5 %; 100 %", "change"), "-0.125,1");
  assert.deepEqual(
    ["50, 100", "-10", "-110; 50"].map((typed) => readLimits(typed, "change")),
    [null, null, null],
  );
});

test("limits of a share are per cents of up to a hundred", () => {
  assert.equal(readLimits("7; 29; 58", "share_closed"), "0.07,0.29,0.58");
  assert.equal(readLimits("50; 101", "share_closed"), null);
  assert.equal(readLimits("7; 29", "answered_late"), "0.07,0.29");
});

test("limits are shown as they would be typed", () => {
  assert.equal(typedLimits("0.07,0.29", "share_on_time", "ru"), "7; 29");
  assert.equal(typedLimits("1.5,1000", "answer_hours", "ru"), "1,5; 1000");
  for (const breaks of ["-0.5,0.125"]) assert.equal(readLimits(typedLimits(breaks, "change", "ru"), "change"), breaks);
});

test("a way of dividing is told from limits of one's own", () => {
  assert.deepEqual(["", "natural", "5,20"].map(divisionOf), ["quantile", "natural", "own"]);
});

const VIEW = readView("", ["en"]);

test("a change is compared with the period before unless something else is chosen", () => {
  assert.deepEqual(ofMeasure(VIEW, "change"), { measure: "change", compare: "previous" });
  assert.deepEqual(ofMeasure({ ...VIEW, compare: "year" }, "change"), { measure: "change" });
  assert.deepEqual(ofMeasure({ ...VIEW, breaks: "5,20" }, "open"), { measure: "open", breaks: "" });
});

test("without a comparison nothing is coloured by change", () => {
  assert.deepEqual(ofComparison({ ...VIEW, compare: "previous", measure: "change" }, "none"), { compare: "", measure: "count" });
});

test("hexagons have no residents: the rate is left with the districts, and so is the selected one", () => {
  assert.deepEqual(ofLayer({ ...VIEW, layer: "districts", measure: "per_1000", cell: "a" }, "hexes"), {
    layer: "hexes",
    cell: "",
    measure: "count",
  });
  assert.deepEqual(ofLayer(VIEW, "districts"), { layer: "districts", cell: "" });
});

test("measures of hexagons alone do not colour districts, and classes with names are not divided anew", () => {
  const view = readView("#measure=gi", ["en"]);
  assert.equal(ofLayer(view, "districts").measure, "count");
  assert.equal(ofLayer(readView("#measure=unusual", ["en"]), "districts").measure, undefined);
  assert.deepEqual(ofMeasure(readView("#breaks=log", ["en"]), "unusual"), { measure: "unusual", breaks: "" });
  assert.deepEqual(ofMeasure(readView("#breaks=log", ["en"]), "open"), { measure: "open" });
});

test("all data have no past to compare with", () => {
  assert.equal(withoutPast(readView("#measure=unusual&compare=year", ["en"])).measure, "count");
  assert.deepEqual(withoutPast(readView("#measure=open", ["en"])), { compare: "" });
});
