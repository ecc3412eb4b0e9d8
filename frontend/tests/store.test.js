import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore, scoped } from "../src/page/store.js";

test("a watcher acts at once with the present value", () => {
  /** @type {number[]} */
  const seen = [];
  createStore({ zoom: 7 }).watch(
    (state) => state.zoom,
    (zoom) => seen.push(zoom),
  );
  assert.deepEqual(seen, [7]);
});

test("a watcher hears only of changes of what it picked", () => {
  const store = createStore({ zoom: 7, busy: false });
  /** @type {number[]} */
  const seen = [];
  store.watch(
    (state) => state.zoom,
    (zoom) => seen.push(zoom),
  );
  store.set({ busy: true });
  store.set({ zoom: 7 });
  store.set({ zoom: 8 });
  assert.deepEqual(seen, [7, 8]);
  assert.deepEqual(store.get(), { zoom: 8, busy: true });
});

test("watchers are told in the order they came", () => {
  const store = createStore({ zoom: 7 });
  /** @type {string[]} */
  const told = [];
  store.watch(
    (state) => state.zoom,
    (zoom) => told.push(`first ${zoom}`),
  );
  store.watch(
    (state) => state.zoom,
    (zoom) => told.push(`second ${zoom}`),
  );
  store.set({ zoom: 9 });
  assert.deepEqual(told, ["first 7", "second 7", "first 9", "second 9"]);
});

test("a watcher may change the store while it is told", () => {
  const store = createStore({ zoom: 7, doubled: 0 });
  store.watch(
    (state) => state.zoom,
    (zoom) => store.set({ doubled: 2 * zoom }),
  );
  store.set({ zoom: 5 });
  assert.deepEqual(store.get(), { zoom: 5, doubled: 10 });
});

test("a watcher that was stopped hears no more", () => {
  const store = createStore({ zoom: 7 });
  /** @type {number[]} */
  const seen = [];
  const stop = store.watch(
    (state) => state.zoom,
    (zoom) => seen.push(zoom),
  );
  store.set({ zoom: 8 });
  stop();
  store.set({ zoom: 9 });
  assert.deepEqual(seen, [7, 8]);
});

test("at the end of its scope nothing is watched or changed any more", () => {
  const store = createStore({ zoom: 7 });
  const part = scoped(store);
  /** @type {number[]} */
  const seen = [];
  part.store.watch(
    (state) => state.zoom,
    (zoom) => seen.push(zoom),
  );
  part.store.set({ zoom: 8 });
  part.end();
  store.set({ zoom: 9 });
  part.store.set({ zoom: 10 });
  part.store.watch(
    (state) => state.zoom,
    (zoom) => seen.push(zoom),
  );
  assert.deepEqual([seen, store.get()], [[7, 8], { zoom: 9 }]);
});
