import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { LOOK_MS, openSteady } from "../src/page/steady_live.js";

/** A connection that the test speaks through. */
class Connection extends EventTarget {
  readyState = 1;
  closed = false;

  close() {
    this.closed = true;
  }

  /** @param {number} revision */
  say(revision) {
    this.dispatchEvent(Object.assign(new Event("revision"), { data: JSON.stringify({ revision }) }));
  }
}

/** @param {{ revision: number | undefined }} page what it shows */
function opened(page) {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setInterval", "Date"] });
  /** @type {Connection[]} */
  const connections = [];
  const stream = openSteady("/api/live", () => page.revision, () => {
    connections.push(new Connection());
    return /** @type {EventSource} */ (/** @type {unknown} */ (connections.at(-1)));
  });
  /** @type {number[]} */
  const heard = [];
  stream.addEventListener("revision", ({ data }) => heard.push(JSON.parse(data).revision));
  return { connections, heard, stream, last: () => /** @type {Connection} */ (connections.at(-1)), done: () => mock.timers.reset() };
}

/** The clock goes on evenly. @param {number} count */
function looks(count) {
  for (let look = 0; look < count; look += 1) mock.timers.tick(LOOK_MS);
}

test("a stream that says nothing is left alone while the numbers stay as well", () => {
  const { connections, last, done } = opened({ revision: 4 });
  last().say(4);
  looks(10);
  assert.equal(connections.length, 1);
  done();
});

test("where the numbers go on and the stream says nothing of it for a whole look, another one is opened", () => {
  const page = { revision: 4 };
  const { connections, heard, last, done } = opened(page);
  last().say(4);
  page.revision = 5;
  mock.timers.tick(LOOK_MS);
  assert.equal(connections.length, 1);
  mock.timers.tick(LOOK_MS);
  assert.equal(connections.length, 2);
  assert.equal(connections[0]?.closed, true);
  last().say(5);
  assert.deepEqual(heard, [4, 5]);
  looks(5);
  assert.equal(connections.length, 2);
  done();
});

test("a stream that is only a little late is left alone", () => {
  const page = { revision: 4 };
  const { connections, last, done } = opened(page);
  for (let revision = 4; revision < 12; revision += 1) {
    last().say(revision);
    page.revision = revision + 1;
    mock.timers.tick(LOOK_MS);
  }
  assert.equal(connections.length, 1);
  done();
});

test("after a sleep another one is opened", () => {
  const { connections, last, done } = opened({ revision: 4 });
  last().say(4);
  mock.timers.setTime(Date.now() + 3_600_000);
  looks(1);
  assert.equal(connections.length, 2);
  done();
});

test("a connection that the browser has given up is told of, and looked after no more", () => {
  const { connections, stream, last, done } = opened({ revision: 4 });
  /** @type {number[]} */
  const states = [];
  stream.addEventListener("error", () => states.push(stream.readyState));
  last().dispatchEvent(new Event("error"));
  last().readyState = 2;
  last().dispatchEvent(new Event("error"));
  assert.deepEqual(states, [1, 2]);
  mock.timers.setTime(Date.now() + 3_600_000);
  looks(1);
  assert.equal(connections.length, 1);
  done();
});
