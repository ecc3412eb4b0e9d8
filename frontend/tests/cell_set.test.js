import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsCell, readCells, toggleCell, writeCells } from "../src/selecting/cell_set.js";

// As h3 gives them: a hexagon of resolution 6 and its children, a pentagon of resolution 4 and its children.
const PARENT = "862d50a2fffffff";
const CHILDREN = ["8", "9", "a", "b", "c", "d", "e"].map((digit) => `872d50a2${digit}ffffff`);
const PENTAGON = "8408001ffffffff";
const OF_PENTAGON = ["03", "0b", "0f", "13", "17", "1b"].map((digits) => `850800${digits}fffffff`);

test("cells are read in every spelling of the service", () => {
  const three = ["862d50a27ffffff", "862d50a2fffffff", "862d50aa7ffffff"];
  for (const text of ["862d50a27ffffff,862d50a2fffffff,862d50aa7ffffff", "862d50a27,862d50a2,862d50aa7", "862d50a_27.2.a7", "862D50A_27.2.A7"]) {
    assert.deepEqual(readCells(text), three);
  }
  assert.deepEqual(readCells(""), []);
});

test("cells are written as short as the service writes them", () => {
  assert.equal(writeCells(["862d50a27ffffff", "862d50a2fffffff", "862d50aa7ffffff"]), "862d50a_2.27.a7");
  assert.equal(writeCells([PARENT]), "862d50a2");
  assert.equal(writeCells([]), "");
});

test("a cell is added, and taken away again", () => {
  const one = toggleCell("", PARENT);
  assert.equal(one, "862d50a2");
  assert.equal(holdsCell(one, PARENT), true);
  assert.equal(toggleCell(one, PARENT), "");
});

test("a coarser cell takes the place of those inside it", () => {
  assert.equal(holdsCell("862d50a2", CHILDREN[3] ?? ""), true);
  assert.equal(toggleCell("872d50a28,862d50aa", PARENT), "862d50a_2.a");
});

for (const [name, parent, children] of /** @type {const} */ ([
  ["hexagon", PARENT, CHILDREN],
  ["pentagon", PENTAGON, OF_PENTAGON],
])) {
  test(`without one of its children a ${name} becomes the others`, () => {
    for (const child of children) {
      const rest = toggleCell(writeCells([parent]), child);
      assert.deepEqual(
        readCells(rest).toSorted(),
        children.filter((one) => one !== child),
      );
      assert.equal(holdsCell(rest, child), false);
      assert.deepEqual(readCells(toggleCell(rest, child)).toSorted(), [...children]);
    }
  });
}

test("without a cell two resolutions below, what is left of both stays", () => {
  const rest = readCells(toggleCell("862d50a2", "882d50a281fffff"));
  assert.equal(rest.length, 12);
  assert.equal(rest.includes("872d50a28ffffff"), false);
});
