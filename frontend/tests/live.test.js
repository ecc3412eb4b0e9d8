import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { listen } from "../src/page/live.js";
import { createStore } from "../src/page/store.js";

/** An event stream that the test speaks through. */
class Stream extends EventTarget {
  CLOSED = 2;
  readyState = 1;

  /** @param {number} revision */
  say(revision) {
    const data = JSON.stringify({ revision, at: "2026-11-24T12:00:00Z" });
    this.dispatchEvent(Object.assign(new Event("revision"), { data }));
  }

  /** @param {number} state */
  fail(state) {
    this.readyState = state;
    this.dispatchEvent(new Event("error"));
  }
}

function listening() {
  const store = createStore(/** @type {import("../src/page/state.js").State} */ (/** @type {unknown} */ ({ live: { state: "connecting", at: null } })));
  /** @type {Stream[]} */
  const streams = [];
  const heard = { changes: 0 };
  listen(store, () => (heard.changes += 1), () => {
    const stream = new Stream();
    streams.push(stream);
    return /** @type {EventSource} */ (/** @type {unknown} */ (stream));
  });
  const last = () => /** @type {Stream} */ (streams.at(-1));
  return { store, streams, heard, last };
}

test("a revision other than the one shown asks for the data anew", () => {
  const { heard, last } = listening();
  last().say(4);
  last().say(4);
  last().say(5);
  assert.equal(heard.changes, 2);
});

test("a lower revision, after the server began again, is a change as well", () => {
  const { heard, last } = listening();
  last().say(40);
  last().say(1);
  assert.equal(heard.changes, 2);
});

test("the page says live with the moment of the change, and away when the stream breaks", () => {
  const { store, last } = listening();
  last().say(1);
  assert.deepEqual(store.get().live, { state: "live", at: Date.UTC(2026, 10, 24, 12) });
  last().fail(0);
  assert.deepEqual(store.get().live, { state: "away", at: Date.UTC(2026, 10, 24, 12) });
});

test("a stream that the browser has given up is opened again after a while", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { streams, last } = listening();
  last().fail(2);
  assert.equal(streams.length, 1);
  mock.timers.tick(3000);
  assert.equal(streams.length, 2);
  last().fail(0);
  mock.timers.tick(60_000);
  assert.equal(streams.length, 2);
  mock.timers.reset();
});
