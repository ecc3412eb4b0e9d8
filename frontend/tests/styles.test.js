import assert from "node:assert/strict";
import { test } from "node:test";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FRONTEND = fileURLToPath(new URL("../", import.meta.url));
const SHEETS = [FRONTEND, `${FRONTEND}styles/`].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".css"))
    .map((name) => folder + name),
);

const COLOR = String.raw`(?:#[0-9a-f]{3,8}|rgb\([^()]*\)|transparent|currentcolor)`;
const LENGTH = String.raw`-?[\d.]+(?:px|rem|em|%|vw|vh|dvh)?`;
/** The kinds of value that a custom property may have, by the beginning of its name. @type {Readonly<Record<string, RegExp>>} */
const KINDS = {
  color: new RegExp(`^(?:${COLOR}|light-dark\\(${COLOR}, ${COLOR}\\))$`),
  size: new RegExp(`^(?:auto|${LENGTH}|(?:clamp|max|min|calc)\\((?:[a-z]*\\(|${LENGTH}|var\\(--size-[a-z-]+\\)|[,+*/) -])+)$`),
  shadow: /^(?:-?[\d.]+(?:px|em)? ){2,4}(?:#|rgb|light-dark)/,
  number: /^[\d.]+$/,
};

/** @param {string} sheet @returns {(readonly [name: string, value: string])[]} the declarations of custom properties */
function declared(sheet) {
  const found = sheet.replaceAll(/\/\*.*?\*\//gs, "").matchAll(/[{;]\s*--([\w-]+)\s*:\s*([^;}]+)/g);
  return [...found].map(([, name = "", value = ""]) => [name, value.replaceAll(/\s+/g, " ").trim()]);
}

/** @param {readonly (readonly [name: string, value: string])[]} declarations @returns {string[]} those with a value of another kind than their name says */
const wrongKinds = (declarations) =>
  declarations.filter(([name, value]) => !KINDS[name.split("-")[0] ?? ""]?.test(value)).map(([name, value]) => `--${name}: ${value}`);

const sheets = Object.fromEntries(SHEETS.map((path) => [path.slice(FRONTEND.length), readFileSync(path, "utf8")]));

test("every custom property has one kind of value, which its name says", () =>
  assert.deepEqual(wrongKinds(Object.values(sheets).flatMap(declared)), []));

test("a custom property that is a colour in one sheet and a length in another is found", () =>
  assert.deepEqual(wrongKinds(declared(":root { --color-bar: #8fb3ca; --bar: red } @media print { :root { --color-bar: 52px; } }")), [
    "--bar: red",
    "--color-bar: 52px",
  ]));

test("every custom property that is used is declared in a sheet, or set by a module", () => {
  const names = new Set(Object.values(sheets).flatMap((sheet) => declared(sheet).map(([name]) => name)));
  const modules = readdirSync(`${FRONTEND}src`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js"))
    .map((name) => readFileSync(`${FRONTEND}src/${name}`, "utf8"));
  for (const source of modules) for (const [, name = ""] of source.matchAll(/setProperty\("--([\w-]+)"/g)) names.add(name);
  const used = Object.values(sheets).flatMap((sheet) => [...sheet.matchAll(/var\(--([\w-]+)/g)].map(([, name = ""]) => name));
  assert.deepEqual(
    used.filter((name) => !names.has(name)),
    [],
  );
});

test("every rule is in a layer, so that no sheet wins by its place or its selectors alone", () => {
  for (const [name, sheet] of Object.entries(sheets)) {
    const plain = sheet.replaceAll(/\/\*.*?\*\//gs, "");
    let depth = 0;
    let head = "";
    for (const sign of plain) {
      if (sign === "{" && depth++ === 0) assert.match(head.trim(), /^(@layer [a-z]+|@font-face)$/, `${name}: ${head.trim()}`);
      if (sign === "}") depth--;
      head = sign === ";" || sign === "}" || depth ? "" : head + sign;
    }
  }
});
