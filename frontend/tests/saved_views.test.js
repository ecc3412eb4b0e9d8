import assert from "node:assert/strict";
import { test } from "node:test";
import { savedViews } from "../src/saved/saved_views.js";

/** @param {Record<string, string>} [content] */
function storage(content = {}) {
  return {
    getItem: (/** @type {string} */ key) => content[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void Object.assign(content, { [key]: value }),
  };
}

test("views are kept by name, the newest first, and are there for the next page", () => {
  const shared = storage();
  const views = savedViews(() => shared);
  views.add("Roads", "#sector=roads");
  views.add("  Waste \n in  Sochi ", "#sector=waste");
  assert.deepEqual(savedViews(() => shared).read(), [
    { name: "Waste in Sochi", address: "#sector=waste" },
    { name: "Roads", address: "#sector=roads" },
  ]);
  assert.equal(views.isKept(), true);
});

test("a view of the same name is replaced, as is one that is renamed to", () => {
  const views = savedViews(() => storageOnce);
  const storageOnce = storage();
  views.add("a", "#window=7d");
  views.add("b", "#window=3d");
  assert.deepEqual(views.add("a", "#window=1y"), [
    { name: "a", address: "#window=1y" },
    { name: "b", address: "#window=3d" },
  ]);
  assert.deepEqual(views.rename("b", "a"), [{ name: "a", address: "#window=3d" }]);
  assert.deepEqual(views.rename("a", "  "), [{ name: "a", address: "#window=3d" }]);
});

test("a view is deleted, and put back", () => {
  const kept = storage();
  const views = savedViews(() => kept);
  const before = views.add("a", "#window=7d");
  assert.deepEqual(views.remove("a"), []);
  assert.deepEqual(views.restore(before), [{ name: "a", address: "#window=7d" }]);
});

test("without storage views are there until the page is closed", () => {
  const views = savedViews(() => {
    throw new DOMException("denied", "SecurityError");
  });
  assert.deepEqual(views.read(), []);
  assert.deepEqual(views.add("a", "#window=7d"), [{ name: "a", address: "#window=7d" }]);
  assert.deepEqual(views.read(), [{ name: "a", address: "#window=7d" }]);
  assert.equal(views.isKept(), false);
});

for (const text of [
  "",
  "null",
  "{",
  "[1, null, {}]",
  '[{"name": "a", "address": "javascript:alert(1)"}]',
  '[{"name": 1, "address": "#"}]',
]) {
  test(`what is no list of views is none: ${text}`, () => {
    assert.deepEqual(savedViews(() => storage({ "geo-service views": text })).read(), []);
  });
}
