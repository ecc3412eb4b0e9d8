import assert from "node:assert/strict";
import { test } from "node:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCES = fileURLToPath(new URL("../src/", import.meta.url));

/** The folders of frontend/src from the ground up: each may import what stands before it. Those of one line know nothing of each other. */
const FLOORS = [
  ["words"],
  ["page"],
  ["view", "charts", "offline"],
  ["parts", "choice"],
  ["map", "dock"],
  ["alerts", "selecting", "saved"],
  ["panels"],
  ["search"],
  ["wall", "embed"],
  // The modules that put a page together.
  [""],
];

/** @param {string} path of a module below frontend/src @returns {string} its folder */
const roomOf = (path) => (path.includes("/") ? (path.split("/")[0] ?? "") : "");

/** @param {string} path @param {string} source @returns {string[]} the modules that it imports, below frontend/src */
function importsOf(path, source) {
  const found = source.matchAll(/^(?:import|export)\s(?:[^;]*?\sfrom\s)?"(\.[^"]+)";|\bimport\("(\.[^"]+)"\)(?!\.)/gm);
  return [...found].map(([, fixed, late]) => join(dirname(path), fixed ?? late ?? ""));
}

/** @param {Readonly<Record<string, string>>} sources by their paths @returns {string[]} imports from another floor than one below */
function wrongImports(sources) {
  const floorOf = (/** @type {string} */ path) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));
  return Object.entries(sources).flatMap(([path, source]) =>
    importsOf(path, source)
      .filter((other) => roomOf(other) !== roomOf(path) && floorOf(other) >= floorOf(path))
      .map((other) => `${path} imports ${other}`),
  );
}

const sources = Object.fromEntries(
  readdirSync(SOURCES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".js"))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(SOURCES, path).replaceAll(sep, "/"), readFileSync(path, "utf8")]),
);

test("every room has its floor", () => {
  const rooms = new Set(Object.keys(sources).map(roomOf));
  assert.deepEqual(
    [...rooms].filter((room) => !FLOORS.flat().includes(room)),
    [],
  );
});

test("rooms import only what stands below them", () => assert.deepEqual(wrongImports(sources), []));

test("an import that reaches up, or sideways, is found", () => {
  const made = {
    "page/a.js": 'import { b } from "../map/b.js";\n',
    "map/b.js": 'import {\n  one,\n  two,\n} from "../page/c.js";\nimport "../dock/d.js";\n',
    "choice/e.js": 'const later = () => import("../panels/f.js");\n',
  };
  assert.deepEqual(wrongImports(made), ["page/a.js imports map/b.js", "map/b.js imports dock/d.js", "choice/e.js imports panels/f.js"]);
});
