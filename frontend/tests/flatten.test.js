import assert from "node:assert/strict";
import { test } from "node:test";
import { flatten, flattenRing, unwind } from "../scripts/flatten.js";

test("a line over the antimeridian goes on counting", () => {
  assert.deepEqual(
    unwind([
      [179, 60],
      [-179, 61],
      [-178, 62],
      [179, 63],
    ]),
    [
      [179, 60],
      [181, 61],
      [182, 62],
      [179, 63],
    ],
  );
});

test("a line elsewhere stays where it is, about 100 m fine", () => {
  assert.deepEqual(
    unwind([
      [37.12345, 45.98765],
      [38, 46],
    ]),
    [
      [37.123, 45.988],
      [38, 46],
    ],
  );
});

test("a ring round the south pole is led along the map's edge", () => {
  const ring = [
    [-180, -70],
    [-90, -72],
    [0, -71],
    [90, -73],
    [180, -70],
  ];
  assert.deepEqual(flattenRing(ring).slice(-3), [
    [180, -90],
    [-180, -90],
    [-180, -70],
  ]);
});

test("an island over the antimeridian stays one closed ring", () => {
  const ring = [
    [179, 70],
    [-179, 70],
    [-179, 71],
    [179, 71],
    [179, 70],
  ];
  assert.deepEqual(flatten({ type: "Polygon", coordinates: [ring] }), {
    type: "Polygon",
    coordinates: [
      [
        [179, 70],
        [181, 70],
        [181, 71],
        [179, 71],
        [179, 70],
      ],
    ],
  });
});

test("points are refused by name", () => {
  assert.throws(() => flatten({ type: "Point", coordinates: [0, 0] }), /cannot flatten a Point/);
});
