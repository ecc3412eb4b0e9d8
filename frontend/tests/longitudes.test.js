import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest, unwrapped } from "../src/map/longitudes.js";

test("bounds across the antimeridian go on beyond 180 degrees, others stay", () => {
  assert.deepEqual(unwrapped([166.4, 64, -169.8, 70]), [166.4, 64, 190.2, 70]);
  assert.deepEqual(unwrapped([36, 43, 41, 47]), [36, 43, 41, 47]);
});

test("a longitude is moved to where another one is", () => {
  assert.equal(nearest(172, -178), -188);
  assert.equal(nearest(-170, 178), 190);
  assert.equal(nearest(39, 45), 39);
});
