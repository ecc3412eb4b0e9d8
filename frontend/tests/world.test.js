import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";
import { MAX_ZOOM, cutTiles, writeArchive } from "../scripts/world.js";
import { baseStyle } from "../src/map/basemap.js";

/** A square island in the north-east, from 10 to 20 degrees east and 50 to 60 north, and a border through its middle. */
const ISLAND = [
  [
    [10, 50],
    [20, 50],
    [20, 60],
    [10, 60],
    [10, 50],
  ],
];
const collection = (/** @type {import("geojson").Geometry} */ geometry) => ({
  type: /** @type {const} */ ("FeatureCollection"),
  features: [{ type: /** @type {const} */ ("Feature"), properties: {}, geometry }],
});
const WORLD = {
  land: collection({ type: "Polygon", coordinates: ISLAND }),
  borders: collection({
    type: "MultiLineString",
    coordinates: [
      [
        [15, 50],
        [15, 60],
      ],
    ],
  }),
};

const read = (/** @type {Uint8Array} */ body) => new VectorTile(new PbfReader(body));

test("only squares with land or borders are tiles, each with its shapes where they are", () => {
  const tiles = [...cutTiles(WORLD, { from: 0, to: 2 })];
  assert.deepEqual(
    tiles.map(({ z, x, y }) => [z, x, y]),
    [
      [0, 0, 0],
      [1, 1, 0],
      [2, 2, 1],
    ],
  );
  for (const { z, x, y, body } of tiles) {
    const { land, borders } = read(body).layers;
    const shape = land?.feature(0).toGeoJSON(x, y, z).geometry;
    assert.equal(shape?.type, "Polygon");
    const bounds = [Math.min, Math.max].flatMap((pick) =>
      [0, 1].map((axis) => pick(.../** @type {any} */ (shape).coordinates[0].map((/** @type {number[]} */ one) => one[axis]))),
    );
    assert.deepEqual(
      bounds.map((degrees) => Math.round(degrees * 5) / 5),
      [10, 50, 20, 60],
    );
    assert.equal(borders?.feature(0).toGeoJSON(x, y, z).geometry.type, "LineString");
  }
});

test("the map asks for land down to the deepest tiles that there are, and for no others", () => {
  const { sources, layers } = baseStyle("light");
  assert.equal(/** @type {import("maplibre-gl").VectorSourceSpecification} */ (sources["world"]).maxzoom, MAX_ZOOM);
  const drawn = layers.filter((layer) => "source" in layer && layer.source === "world");
  assert.deepEqual(
    [...new Set(drawn.map((layer) => "source-layer" in layer && layer["source-layer"]))].toSorted(),
    Object.keys(WORLD).toSorted(),
  );
});

test("an archive holds the tiles compressed, its rows counted from the south, and is written anew", () => {
  const folder = mkdtempSync(join(tmpdir(), "world-"));
  const file = join(folder, "world.mbtiles");
  const body = new Uint8Array([1, 2, 3]);
  for (const x of [0, 2]) writeArchive(file, [{ z: 2, x, y: 1, body }], { format: "pbf" });
  const archive = new DatabaseSync(file, { readOnly: true });
  const rows = archive.prepare("select zoom_level, tile_column, tile_row, tile_data from tiles").all();
  assert.deepEqual(
    rows.map((row) => [row["zoom_level"], row["tile_column"], row["tile_row"]]),
    [[2, 2, 2]],
  );
  assert.deepEqual(new Uint8Array(gunzipSync(/** @type {Uint8Array} */ (rows[0]?.["tile_data"]))), body);
  assert.deepEqual({ ...archive.prepare("select * from metadata").get() }, { name: "format", value: "pbf" });
  archive.close();
  rmSync(folder, { recursive: true });
});
