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

  close() {
    this.readyState = this.CLOSED;
  }

  /** @param {number} state */
  fail(state) {
    this.readyState = state;
    this.dispatchEvent(new Event("error"));
  }
}

function listening() {
  const store = createStore(
    /** @type {import("../src/page/state.js").State} */ (/** @type {unknown} */ ({ live: { state: "connecting", at: null, since: null } })),
  );
  /** @type {Stream[]} */
  const streams = [];
  const heard = { changes: 0, alerts: 0 };
  const open = () => {
    const stream = new Stream();
    streams.push(stream);
    return /** @type {EventSource} */ (/** @type {unknown} */ (stream));
  };
  const anew = listen(store, () => (heard.changes += 1), { onAlert: () => (heard.alerts += 1), open });
  const last = () => /** @type {Stream} */ (streams.at(-1));
  return { store, streams, heard, last, anew };
}

test("a revision other than the one shown asks for the data anew", () => {
  const { heard, last } = listening();
  last().say(4);
  last().say(4);
  last().say(5);
  assert.equal(heard.changes, 2);
});

test("an alert is heard of without a new revision of the data", () => {
  const { heard, last } = listening();
  last().say(4);
  last().dispatchEvent(Object.assign(new Event("alert"), { data: "{}" }));
  assert.deepEqual(heard, { changes: 1, alerts: 1 });
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
  const at = Date.UTC(2026, 10, 24, 12);
  assert.deepEqual(store.get().live, { state: "live", at, since: null });
  mock.timers.enable({ apis: ["Date", "setTimeout"], now: at + 1000 });
  last().fail(0);
  assert.deepEqual(store.get().live, { state: "away", at, since: at + 1000 });
  mock.timers.tick(5000);
  last().fail(0);
  assert.equal(store.get().live.since, at + 1000);
  last().say(1);
  assert.deepEqual(store.get().live, { state: "live", at, since: null });
  mock.timers.reset();
});

test("a broken stream is opened again, after longer each time, until it speaks", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { streams, last } = listening();
  /** How many seconds pass until the stream is opened again. */
  const wait = () => {
    const before = streams.length;
    last().fail(0);
    for (let seconds = 1; ; seconds += 1) {
      mock.timers.tick(1000);
      if (streams.length > before) return seconds;
    }
  };
  const waits = [wait(), wait(), wait(), wait(), wait(), wait(), wait()];
  for (const [at, most] of [2, 3, 5, 10, 20, 38, 38].entries()) assert.ok((waits[at] ?? 0) <= most, `${waits}`);
  assert.ok((waits[5] ?? 0) >= 22, `${waits}`);
  last().say(1);
  assert.ok(wait() <= 2);
  mock.timers.reset();
});

test("a stream that is shared is left to whoever holds it", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { streams, last } = listening();
  last().fail(1);
  mock.timers.tick(120_000);
  assert.equal(streams.length, 1);
  mock.timers.reset();
});

test("beginning anew leaves the old stream behind", () => {
  const { streams, anew, store } = listening();
  streams[0]?.say(1);
  anew();
  assert.deepEqual([streams.length, streams[0]?.readyState], [2, 2]);
  streams[0]?.fail(2);
  assert.equal(store.get().live.state, "live");
});
