import assert from "node:assert/strict";
import { test } from "node:test";
import { INKS } from "../src/map/inks.js";
import { greyZero } from "../src/page/zero_class.js";

/** @param {[number, number, number][]} rows class, from, to @param {string} measure @returns {import("../src/page/state.js").Legend} */
function legendOf(rows, measure = "overdue") {
  const colors = ["a", "b", "c", "d", "e"];
  const classes = rows.map(([number, from, to]) => ({ class: number, from, to, color: colors[number] ?? "" }));
  return { measure, label: { ru: "", en: "" }, unit: { ru: "", en: "" }, classes, palette: { name: "p", colors } };
}

test("a legend of zero alone is grey, though the service gives it the palette's middle colour", () => {
  const { classes, palette } = greyZero(legendOf([[2, 0, 0]]), "dark");
  assert.equal(classes[0]?.color, INKS.dark.withoutClass);
  assert.deepEqual(palette.colors, ["a", "b", INKS.dark.withoutClass, "d", "e"]);
});

test("zero is grey beside other classes too, and they stay as they are", () => {
  const { classes } = greyZero(
    legendOf([
      [0, 0, 0],
      [2, 1, 3],
      [4, 4, 9],
    ]),
    "light",
  );
  assert.deepEqual(
    classes.map(({ color }) => color),
    [INKS.light.withoutClass, "c", "e"],
  );
});

test("a class of more than zero keeps its colour, and so does no change at all", () => {
  for (const legend of [
    legendOf([
      [0, 0, 1],
      [4, 2, 5],
    ]),
    legendOf([[2, 0, 0]], "change"),
  ])
    assert.equal(greyZero(legend, "light"), legend);
});
