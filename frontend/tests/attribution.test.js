import assert from "node:assert/strict";
import { test } from "node:test";
import { partsIn } from "../src/map/attribution.js";

const DEMO = "Вымышленные сообщения / Synthetic incidents · GeoNames, CC BY 4.0 · границы приблизительные / approximate boundaries";

test("an attribution in two languages is shown in the reader's, each part once", () => {
  assert.deepEqual(partsIn("ru", ["Natural Earth", DEMO, "GeoNames, CC BY 4.0"]), [
    "Natural Earth",
    "Вымышленные сообщения",
    "GeoNames, CC BY 4.0",
    "границы приблизительные",
  ]);
  assert.deepEqual(partsIn("en", [DEMO]), ["Synthetic incidents", "GeoNames, CC BY 4.0", "approximate boundaries"]);
});

test("a stroke between words of one language stays", () => {
  assert.deepEqual(partsIn("ru", ["Росреестр / Росстат", "OSM / ODbL", ""]), ["Росреестр / Росстат", "OSM / ODbL"]);
});
