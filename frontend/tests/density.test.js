/** The heat map means what its legend says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { densityIntensity, densityRamp } from "../src/map/density.js";
import { ofLayer } from "../src/view/layer_measures.js";

/** @type {any} */
const LEGEND = {
  kernel_km: 2,
  peak: 8,
  classes: [
    { class: 0, from: 1, to: 4, color: "#ffffb2" },
    { class: 1, from: 4, to: 8, color: "#bd0026" },
  ],
};

test("each colour stands where its class begins, and nothing is transparent", () => {
  assert.deepEqual(densityRamp(LEGEND), [
    "interpolate",
    ["linear"],
    ["heatmap-density"],
    0,
    "#ffffb200",
    1 / 8,
    "#ffffb2",
    4 / 8,
    "#bd0026",
  ]);
  assert.equal(densityRamp({ ...LEGEND, classes: [], peak: 0 }), null);
});

test("at one place of n incidents the map has n / (2 π σ²) per km², of which the peak is 1", () => {
  const n = 40;
  const drawn = (n * densityIntensity(LEGEND)) / Math.sqrt(2 * Math.PI);
  assert.ok(Math.abs(drawn - n / (2 * Math.PI * LEGEND.kernel_km ** 2) / LEGEND.peak) < 1e-12);
});

test("a measure that has no density gives way to the number of incidents, and classes of one's own go", () => {
  const view = /** @type {any} */ ({ layer: "hexes", measure: "share_closed", breaks: "5,20", cell: "862d50a2fffffff" });
  assert.deepEqual(ofLayer(view, "density"), { layer: "density", cell: "", measure: "count", breaks: "" });
  assert.deepEqual(ofLayer({ ...view, measure: "overdue" }, "density"), { layer: "density", cell: "", breaks: "" });
  assert.deepEqual(ofLayer({ ...view, layer: "density", measure: "open" }, "districts"), { layer: "districts", cell: "" });
});
