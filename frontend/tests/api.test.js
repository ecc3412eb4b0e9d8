import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { fetchJson, forgetAnswers } from "../src/page/api.js";

/** @typedef {{ url: string, signal: AbortSignal, answer: (body: object, status?: number) => void }} Asked */

/** Requests as they were made, for the test to answer. @type {Asked[]} */
let asked = [];
const { fetch: plain } = globalThis;
// Where the page lies says where the service does.
Object.assign(globalThis, { location: { href: "http://localhost/" } });

beforeEach(() => {
  asked = [];
  forgetAnswers();
  globalThis.fetch = (url, how) =>
    new Promise((resolve, reject) => {
      const signal = how?.signal ?? new AbortController().signal;
      signal.addEventListener("abort", () => reject(signal.reason));
      asked.push({ url: String(url), signal, answer: (body, status = 200) => resolve(new Response(JSON.stringify(body), { status })) });
    });
});
afterEach(() => {
  globalThis.fetch = plain;
});

test("what is asked by several at once is asked once, and each gets the answer", async () => {
  const both = [fetchJson("/api/a"), fetchJson("/api/a")];
  asked[0]?.answer({ n: 1 });
  assert.deepEqual(await Promise.all(both), [{ n: 1 }, { n: 1 }]);
  assert.deepEqual(await fetchJson("/api/a"), { n: 1 });
  assert.equal(asked.length, 1);
});

test("another address is another question", () => {
  void fetchJson("/api/a");
  void fetchJson("/api/b");
  assert.equal(asked.length, 2);
});

test("once the data may have changed it is asked anew, even while the old answer is on its way", async () => {
  const before = fetchJson("/api/a");
  forgetAnswers();
  const after = fetchJson("/api/a");
  asked[1]?.answer({ n: 2 });
  assert.deepEqual(await after, { n: 2 });
  asked[0]?.answer({ n: 1 });
  assert.deepEqual(await before, { n: 1 });
  assert.deepEqual(await fetchJson("/api/a"), { n: 2 }, "the older answer does not take the place of the newer");
});

test("who leaves does not take the answer from those who stay; when all have left the request ends", async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const [one, two] = [fetchJson("/api/a", first.signal), fetchJson("/api/a", second.signal)];
  first.abort();
  await assert.rejects(one, { name: "AbortError" });
  assert.equal(asked[0]?.signal.aborted, false);
  second.abort();
  await assert.rejects(two, { name: "AbortError" });
  assert.equal(asked[0]?.signal.aborted, true);
  const third = fetchJson("/api/a");
  asked[1]?.answer({ n: 3 });
  assert.deepEqual(await third, { n: 3 }, "an ended request is no answer for later ones");
});

test("who asks anew in the moment of leaving gets the answer", async () => {
  const first = new AbortController();
  const one = fetchJson("/api/a", first.signal);
  first.abort();
  const two = fetchJson("/api/a", new AbortController().signal);
  await assert.rejects(one, { name: "AbortError" });
  asked.at(-1)?.answer({ n: 1 });
  assert.deepEqual(await two, { n: 1 });
});

test("a refusal is said to all that asked, and not kept", async () => {
  const both = [fetchJson("/api/a"), fetchJson("/api/a")];
  asked[0]?.answer({ detail: "no", type: "/problems/invalid-parameter" }, 400);
  for (const one of both) await assert.rejects(one, { message: "no" });
  const again = fetchJson("/api/a");
  asked[1]?.answer({ n: 1 });
  assert.deepEqual(await again, { n: 1 });
});
