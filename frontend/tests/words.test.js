import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import "./all_words.js";
import { formatMeasured, formatNumber, words } from "../src/words/i18n.js";

const ROOT = new URL("..", import.meta.url);
const [en, ru] = [words("en"), words("ru")];
/** Names of things that have no other name in Russian. */
const NAMES =
  /\b(?:CSV|PNG|GeoJSON|TileJSON|MapLibre|iframe|heat-map|WebGL|XLSX|PMTiles|Excel|H3|Gi|Ctrl|Enter|Escape|Esc|Shift|EN|RSS|Atom)\b/g;

/** Forms of a word that is counted are chosen by `counted`. */
const FORMS = new Set(["one", "few", "many", "other"]);

/** @typedef {{ path: string[], text: string }} Leaf */

/** @param {object} dictionary @param {string[]} path @returns {Leaf[]} each text with its keys */
function leaves(dictionary, path = []) {
  return Object.entries(dictionary).flatMap(([key, value]) =>
    typeof value === "string" ? [{ path: [...path, key], text: value }] : leaves(value, [...path, key]),
  );
}

/** @param {object} dictionary @returns {{ path: string, forms: Record<string, string> }[]} words that are counted */
function plurals(dictionary, path = "") {
  return Object.entries(dictionary).flatMap(([key, value]) =>
    typeof value === "string" ? [] : "other" in value ? [{ path: `${path}.${key}`, forms: value }] : plurals(value, `${path}.${key}`),
  );
}

const modules = readdirSync(new URL("src", ROOT), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".js") && !/^words\/(?!selection|i18n|refusal)/.test(name))
  .map((name) => readFileSync(new URL(`src/${name}`, ROOT), "utf8"));
const pages = readdirSync(ROOT)
  .filter((name) => name.endsWith(".html"))
  .map((name) => readFileSync(new URL(name, ROOT), "utf8"));

test("both languages have the same words, and none is empty", () => {
  // Russian has forms of its own for what is counted.
  const keys = (/** @type {object} */ dictionary) =>
    leaves(dictionary)
      .map(({ path }) => path.join("."))
      .filter((path) => !/\.(?:few|many)$/.test(path))
      .sort();
  assert.deepEqual(keys(ru), keys(en));
  for (const { path, text } of [...leaves(en), ...leaves(ru)]) assert.ok(text.trim(), path.join("."));
});

test("templates of both languages hold the same places to fill, in every form", () => {
  const places = (/** @type {string} */ text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
  const english = new Map(leaves(en).map(({ path, text }) => [path.join("."), text]));
  for (const { path, text } of leaves(ru)) {
    const other = english.get(path.join(".")) ?? english.get([...path.slice(0, -1), "other"].join(".")) ?? "";
    assert.deepEqual(places(text), places(other), path.join("."));
  }
});

test("what is counted has all four forms in Russian", () => {
  for (const { path, forms } of plurals(ru)) assert.deepEqual(Object.keys(forms).sort(), ["few", "many", "one", "other"], path);
});

test("no English is left in Russian, and no Russian in English", () => {
  for (const { path, text } of leaves(ru)) {
    if (path[1] === "formats") continue; // of what is typed into an address
    const rest = text.replaceAll(/\{\w+\}/g, "").replaceAll(NAMES, "");
    assert.doesNotMatch(rest, /[A-Za-z]{2,}/, path.join("."));
  }
  for (const { path, text } of leaves(en)) assert.doesNotMatch(text, /[А-Яа-яЁё]/, path.join("."));
});

test("English says incidents throughout", () => {
  for (const { path, text } of leaves(en)) assert.doesNotMatch(text.replaceAll(/\{\w+\}/g, ""), /\bmessages?\b/i, path.join("."));
});

test("a minus is a minus sign, in texts and in numbers", () => {
  for (const { path, text } of [...leaves(en), ...leaves(ru)]) assert.doesNotMatch(text, /(?:^|[\s(])-\d|[\d\s]-\s/, path.join("."));
  assert.equal(formatMeasured("ru", "change", -0.52).replaceAll(/\s/g, " "), "−52 %");
  assert.equal(formatMeasured("en", "change", -0.52), "−52%");
  assert.equal(formatNumber("ru", -1234.5).replaceAll(/\s/g, " "), "−1 234,5");
  assert.equal(formatNumber("en", -7, { signDisplay: "exceptZero" }), "−7");
});

test("numbers are written by formatNumber alone, which has the minus sign", () => {
  const own = modules.filter((text) => /new Intl\.NumberFormat\(/.test(text) && !/export function formatNumber/.test(text));
  // Parts of a number and units are not negative.
  for (const text of own) assert.doesNotMatch(text.replaceAll(/formatToParts|unitDisplay/g, ".parts"), /NumberFormat\([^)]*\)\.format\(/);
});

test("small numbers are not marked by a sign that reads as degrees", () => {
  for (const { path, text } of [...leaves(en), ...leaves(ru)]) assert.doesNotMatch(text, /°/, path.join("."));
  for (const text of modules) assert.doesNotMatch(text, /["'`]°/);
});

test("no word is there that nobody shows", () => {
  const unused = leaves(en).filter(({ path }) => !path.every((key, at) => FORMS.has(key) || isRead(key, path[at - 1] ?? "")));
  assert.deepEqual(
    unused.map(({ path }) => path.join(".")),
    [],
  );
});

/** What each module reads: properties, names that an object is taken apart into, names in quotes; and groups that are read by computed keys. */
const reads = modules.map((text) => {
  const code = text.replaceAll(/\/\*.*?\*\//gs, "").replaceAll(/^\s*\/\/.*$/gm, "");
  return {
    names: new Set([...code.matchAll(/(?:[.{,]\s*|")(\w+)\b/g)].map(([, name = ""]) => name)),
    tables: new Set(
      [...code.matchAll(/(?:\.|\b)(\w+)(?:\)|\?\.)*\[|Object\.(?:entries|keys)\((?:\w+\.)*(\w+)\)/g)].flatMap(
        ([, one, other]) => one ?? other ?? [],
      ),
    ),
  };
});

/** Whether the word of a group is shown somewhere; "" for words that are in none. @param {string} word @param {string} group */
function isRead(word, group) {
  if (pages.some((text) => text.includes(`data-text="${word}"`))) return true;
  return reads.some(({ names, tables }) => group === "maplibre" || tables.has(group) || (names.has(word) && (!group || names.has(group))));
}
