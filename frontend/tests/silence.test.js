import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { LOOK_MS, onSilence } from "../src/page/silence.js";
import { createStore } from "../src/page/store.js";

/** @typedef {import("../src/page/state.js").State} State */

function watched() {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval"] });
  const store = createStore(
    /** @type {State} */ (/** @type {unknown} */ ({ live: { state: "live", at: 1, since: null }, summary: { revision: 4 } })),
  );
  const heard = { silences: 0 };
  onSilence(store, () => (heard.silences += 1));
  const numbers = (/** @type {number} */ revision) =>
    store.set({ summary: /** @type {State["summary"]} */ (/** @type {unknown} */ ({ revision })) });
  const event = () => store.set({ live: { ...store.get().live } });
  return { heard, numbers, event, store, look: () => mock.timers.tick(LOOK_MS) };
}

test("a stream may say nothing for as long as the numbers stay as well", () => {
  const { heard, look, numbers } = watched();
  for (let turn = 0; turn < 10; turn += 1) {
    numbers(4);
    look();
  }
  assert.equal(heard.silences, 0);
});

test("a stream that tells of the changes is left alone", () => {
  const { heard, look, numbers, event } = watched();
  for (let revision = 5; revision < 15; revision += 1) {
    event();
    numbers(revision);
    look();
  }
  assert.equal(heard.silences, 0);
});

test("numbers that go on while the stream says nothing tell that it is dead", () => {
  const { heard, look, numbers } = watched();
  look();
  numbers(5);
  look();
  assert.equal(heard.silences, 1);
});

test("a stream that is known to be away is left to those who open it again", () => {
  const { heard, look, numbers, store } = watched();
  store.set({ live: { state: "away", at: 1, since: 2 } });
  look();
  numbers(5);
  look();
  assert.equal(heard.silences, 0);
});
