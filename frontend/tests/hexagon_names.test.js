import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { readView } from "../src/page/url.js";
import { hexagonNames } from "../src/panels/hexagon_names.js";

const VIEW = readView("#window=7d", ["ru"]);
const NAME = { ru: "Вознесенская", en: "Voznesenskaya" };

/** @param {import("../src/page/state.js").Named | null} name */
function asking(name) {
  /** @type {string[]} */
  const asked = [];
  /** @type {unknown[]} */
  const told = [];
  const nameOf = hexagonNames((address) => {
    asked.push(address);
    return Promise.resolve(/** @type {import("../src/page/answer_types.js").CellAnswer} */ (/** @type {unknown} */ ({ cell: { name } })));
  });
  return { asked, told, nameOf: (/** @type {string} */ cell) => nameOf(cell, VIEW, (one) => told.push([cell, one])) };
}

/** The pointer rests, and the answers come. */
async function rest() {
  mock.timers.tick(1000);
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

test("a hexagon on which the pointer rests is asked for once, and named", async (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const { asked, told, nameOf } = asking(NAME);
  assert.equal(nameOf("a"), null);
  assert.equal(nameOf("b"), null);
  await rest();
  assert.deepEqual(asked, ["/api/cells/b?window=7d"]);
  assert.deepEqual(told, [["b", NAME]]);
  assert.equal(nameOf("b"), NAME);
  await rest();
  assert.equal(asked.length, 1);
});

test("one that nobody points at any more is not named, nor one without a name", async (context) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  context.after(() => mock.timers.reset());
  const { told, nameOf } = asking(NAME);
  nameOf("a");
  mock.timers.tick(1000);
  nameOf("b");
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  assert.deepEqual(told, []);
  const nameless = asking(null);
  nameless.nameOf("a");
  await rest();
  assert.deepEqual(nameless.told, []);
  assert.equal(nameless.nameOf("a"), null);
  await rest();
  assert.equal(nameless.asked.length, 1);
});
