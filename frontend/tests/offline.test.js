import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { drawIcon } from "../scripts/icons.js";
import { kindOf, mayKeep, pageOf } from "../src/offline/rules.js";

const SCOPE = "https://region.example/map/";
const DIGEST = "0123456789abcdef";
const asked = (/** @type {string} */ path, change = {}) => ({
  method: "GET",
  url: SCOPE + path,
  mode: "cors",
  destination: "",
  referrer: SCOPE,
  withKey: false,
  ...change,
});
const kind = (/** @type {string} */ path, change = {}) => kindOf(asked(path, change), SCOPE, DIGEST);

test("numbers, tiles, the page and the files of its build are kept", () => {
  assert.equal(kind("api/summary?window=30d"), "answer");
  assert.equal(kind("api/alerts/7"), "answer");
  assert.equal(kind("tiles/hexes/7/1/2.mvt?window=7d"), "answer");
  assert.equal(kind("tiles/districts.json"), "answer");
  assert.equal(kind("#tab=now", { mode: "navigate" }), "page");
  assert.equal(kind("?view=wall&rotate=20", { mode: "navigate" }), "page");
  assert.equal(kind(`static/${DIGEST}/main-X.js`), "file");
});

test("nothing is kept that was asked with a key, changes something, streams, or is a file to save", () => {
  assert.equal(kind("api/incidents", { withKey: true }), "none");
  assert.equal(kind("api/incidents?token=secret"), "none");
  assert.equal(kind("api/alerts/7/verdict", { method: "POST" }), "none");
  assert.equal(kind("api/live"), "none");
  assert.equal(kind("api/districts?format=csv"), "none");
  assert.equal(kind("report", { mode: "navigate" }), "none");
  assert.equal(kind("api/ingest/runs"), "none");
});

test("other versions, other services and frames are left alone", () => {
  assert.equal(kind("static/ffffffffffffffff/main-X.js"), "none");
  assert.equal(kindOf(asked("", { url: "https://region.example/other/api/summary" }), SCOPE, DIGEST), "none");
  assert.equal(kind("api/summary", { referrer: `${SCOPE}embed?layer=districts` }), "none");
  assert.equal(kind("embed", { mode: "navigate", destination: "iframe" }), "none");
});

test("a wall and a map have a page each", () => {
  assert.equal(pageOf(`${SCOPE}?view=wall&lang=ru`, SCOPE), `${SCOPE}?view=wall`);
  assert.equal(pageOf(SCOPE, SCOPE), SCOPE);
});

test("only whole answers that nobody has forbidden to keep are kept", () => {
  const answer = (/** @type {number} */ status, control = "no-cache") => ({ status, headers: new Headers({ "Cache-Control": control }) });
  assert.deepEqual(
    [200, 204, 304, 400, 503].map((status) => mayKeep(answer(status))),
    [true, true, false, false, false],
  );
  assert.deepEqual(
    ["private, no-cache", "no-store"].map((control) => mayKeep(answer(200, control))),
    [false, false],
  );
});

test("an icon is a PNG whose hexagon a maskable one keeps inside the circle that platforms cut", () => {
  for (const [maskable, corner] of /** @type {const} */ ([
    [false, 0],
    [true, 255],
  ])) {
    const png = Buffer.from(drawIcon(64, maskable));
    assert.equal(png.toString("latin1", 1, 4), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [64, 64]);
    const rows = inflateSync(png.subarray(png.indexOf("IDAT") + 4, png.indexOf("IEND") - 8));
    const at = (/** @type {number} */ x, /** @type {number} */ y) => [...rows.subarray(y * 257 + 1 + x * 4, y * 257 + 5 + x * 4)];
    assert.equal(at(0, 0)[3], corner);
    assert.deepEqual(at(32, 32), [0xfe, 0xcc, 0x5c, 255]);
    assert.deepEqual(at(32, 12), [0xf0, 0x3b, 0x20, 255]);
    const red = [...Array(64 * 64).keys()].filter(
      (n) => at(n % 64, Math.floor(n / 64))[0] === 0xf0 && at(n % 64, Math.floor(n / 64))[3] === 255,
    );
    const farthest = Math.max(...red.map((n) => Math.hypot((n % 64) - 31.5, Math.floor(n / 64) - 31.5)));
    assert.ok(maskable ? farthest < 0.4 * 64 : farthest > 0.4 * 64);
  }
});
