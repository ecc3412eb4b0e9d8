import assert from "node:assert/strict";
import { test } from "node:test";
import { onForeignGround } from "../src/map/foreign_ground.js";

/** @import { StyleSpecification } from "maplibre-gl" */

const OWN = /** @type {StyleSpecification} */ (
  /** @type {unknown} */ ({
    version: 8,
    "font-faces": { Own: [] },
    sources: { world: { type: "geojson" } },
    layers: [
      { id: "sea", type: "background" },
      { id: "places", type: "symbol", source: "world", layout: { "text-size": 12 } },
    ],
  })
);
const FOREIGN = /** @type {StyleSpecification} */ (
  /** @type {unknown} */ ({
    version: 8,
    glyphs: "https://x/{fontstack}/{range}.pbf",
    sources: { osm: { type: "vector" } },
    layers: [
      { id: "roads", type: "line", source: "osm" },
      { id: "names", type: "symbol", source: "osm" },
      { id: "rails", type: "line", source: "osm" },
    ],
  })
);

test("data lie above the other ground's areas and lines and below its names; our own ground is hidden", () => {
  const both = onForeignGround(OWN, FOREIGN, "places");
  assert.deepEqual(
    both.layers.map(({ id }) => id),
    ["sea", "roads", "places", "names", "rails"],
  );
  assert.deepEqual(
    both.layers.filter(({ layout }) => layout?.visibility === "none").map(({ id }) => id),
    ["sea", "places"],
  );
  assert.deepEqual(Object.keys(both.sources).sort(), ["osm", "world"]);
  assert.deepEqual([both.glyphs, Object.keys(both["font-faces"] ?? {})], ["https://x/{fontstack}/{range}.pbf", ["Own"]]);
});

test("a ground without names has the data on top, and our names", () => {
  const { layers } = onForeignGround(OWN, { ...FOREIGN, layers: FOREIGN.layers.slice(0, 1) }, "places");
  assert.deepEqual(
    layers.map(({ id, layout }) => [id, layout?.visibility]),
    [
      ["sea", "none"],
      ["roads", undefined],
      ["places", undefined],
    ],
  );
});
