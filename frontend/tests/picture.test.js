import assert from "node:assert/strict";
import { test } from "node:test";
import "./all_words.js";
import { headLines, linesOf } from "../src/map/picture_parts.js";
import { readView } from "../src/page/url.js";

/** @import { Summary } from "../src/page/state.js" */

const REGION = { ru: "Краснодарский край", en: "Krasnodar Krai" };
const summary = /** @type {Summary} */ (
  /** @type {unknown} */ ({
    n: 6629,
    window: { from: "2026-10-31T21:00:00Z", to: "2026-11-30T21:00:00Z" },
    data: { first: "2025-01-01T00:00:00Z", last: "2026-12-31T00:00:00Z" },
    time_zone: "Europe/Moscow",
    sectors: [{ code: "roads", name: { ru: "Дороги", en: "Roads" } }],
  })
);
const plain = (/** @type {string[]} */ lines) => lines.map((line) => line.replaceAll(/\s/g, " "));
const headOf = (/** @type {string} */ hash, /** @type {string} */ measure) =>
  plain(headLines({ view: readView(hash, []), summary, names: new Map() }, { measure, label: { ru: "", en: "" } }, REGION));

test("a picture's title counts incidents in the right form, and names region, choice and period", () => {
  assert.deepEqual(headOf("#lang=ru&sector=roads", "count"), [
    "Число сообщений граждан · 6 629 сообщений",
    "Краснодарский край · Дороги · 1–30 ноября 2026 г.",
  ]);
  assert.deepEqual(headOf("#lang=en&measure=share_closed&compare=year", "share_closed"), [
    "Citizen-reported incidents · Share closed · 6,629 incidents",
    "Krasnodar Krai · All sectors · November 1 – 30, 2026 · vs last year",
  ]);
});

test("a long text is broken between words", () => {
  const pen = { measureText: (/** @type {string} */ text) => /** @type {TextMetrics} */ ({ width: text.length }) };
  assert.deepEqual(linesOf(pen, "one two three fourfivesix", 8), ["one two", "three", "fourfivesix"]);
});
