import assert from "node:assert/strict";
import { test } from "node:test";
import { cellOfId, idOfCell, isCell, widthKm } from "../src/page/hexagon.js";

/** From the h3 library of Python: one place at several resolutions, and a pentagon. */
const CELLS = [
  ["802dfffffffffff", 24696061951],
  ["832d73fffffffff", 24402460671],
  ["862d73427ffffff", 24400908287],
  ["892d73424b7ffff", 24400906607],
  ["8a2d73424b57fff", 24400906602],
  ["85080003fffffff", 4295000063],
];

for (const [cell, id] of /** @type {[string, number][]} */ (CELLS)) {
  test(`the tiles' id ${id} is the cell ${cell} and back`, () => {
    assert.equal(cellOfId(id), cell);
    assert.equal(idOfCell(cell), id);
    assert.ok(isCell(cell));
  });
}

test("what the tiles cannot hold is no cell", () => {
  for (const text of ["", "8b2d73424b50fff", "zz", "862d73427fffff", "862d73427fffff0", "862D73427FFFFFF"])
    assert.equal(isCell(text), false, text);
});

test("a hexagon's width is that of a regular one with H3's mean area", () => {
  // Mean areas in km² from H3's table; a regular hexagon of width w has the area w² √3 / 2.
  for (const [resolution, area] of /** @type {[number, number][]} */ ([
    [3, 12393.4],
    [6, 36.129],
    [10, 0.015],
  ])) {
    const width = Math.sqrt((2 * area) / Math.sqrt(3));
    assert.ok(Math.abs(widthKm(resolution) / width - 1) < 0.01, `${resolution}: ${widthKm(resolution)} and ${width}`);
  }
});
