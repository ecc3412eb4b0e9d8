import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { brotliDecompressSync, gunzipSync, gzipSync, zstdDecompressSync } from "node:zlib";
import { bundleModules, bundleStyles, minifyModule, neededModules } from "../scripts/bundle.js";
import { compressFile, contentHash, writeManifest } from "../scripts/manifest.js";
import { readPage, writePage } from "../scripts/page_html.js";

const FRONTEND = fileURLToPath(new URL("..", import.meta.url));
/** Own JavaScript, gzip, in one language, the longer one, kB: what a page begins with, and everything that it may ever load. */
const MOST_KB = { index: { begins: 60, all: 84 }, wall: { begins: 50, all: 50 }, embed: { begins: 50, all: 50 } };

const folder = mkdtempSync(join(tmpdir(), "build-"));
after(() => rmSync(folder, { recursive: true }));

/** @param {Record<string, string>} files @returns {string} their folder */
function lay(files) {
  const root = mkdtempSync(join(folder, "sources-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const text = (/** @type {Uint8Array | undefined} */ body) => Buffer.from(body ?? "").toString();

const HTML = `<head>
    <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/static/vendor/m.css" />
    <link rel="stylesheet" href="/static/style.css" />
    <script type="importmap">{ "imports": { "maplibre-gl": "/static/vendor/m.mjs" } }</script>
    <script type="module" src="/static/src/main.js"></script>
  </head>
`;

test("a page says which style sheets, libraries and module it is made of", () => {
  assert.deepEqual(readPage(HTML), {
    styles: ["vendor/m.css", "style.css"],
    entry: "src/main.js",
    libraries: { "maplibre-gl": "vendor/m.mjs" },
  });
  assert.throws(() => readPage("<p>plain</p>"), /no module script/);
});

test("the built page names one style sheet and all modules, its own first, behind the import map and before the script", () => {
  const expected = `<head>
    <link rel="icon" href="/static/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/static/index-1.css" />
    <script type="importmap">{ "imports": { "maplibre-gl": "/static/vendor/m.mjs" } }</script>
    <link rel="modulepreload" href="/static/chunk-2.js" />
    <link rel="modulepreload" href="/static/main-3.js" />
    <link rel="modulepreload" href="/static/vendor/m.mjs" />
    <link rel="modulepreload" href="/static/map-4.js" />
    <script type="module" src="/static/main-3.js"></script>
  </head>
`;
  assert.equal(writePage(HTML, { style: "index-1.css", first: ["chunk-2.js", "main-3.js"], soon: ["map-4.js"] }), expected);
});

test("what is imported comes before what imports it, each once; what is imported later does not come", () => {
  const to = (/** @type {string} */ path, kind = "import-statement") => ({ path, kind: /** @type {"import-statement"} */ (kind) });
  const outputs = /** @type {any} */ ({
    "main-1.js": {
      entryPoint: "src/main.js",
      imports: [to("a.js"), { ...to("maplibre-gl"), external: true }, to("late.js", "dynamic-import"), to("b.js")],
    },
    "a.js": { imports: [to("c.js"), to("b.js")] },
    "b.js": { imports: [to("a.js")] },
    "c.js": { imports: [] },
    "late.js": { entryPoint: "src/late.js", imports: [to("d.js")] },
    "d.js": { imports: [] },
  });
  assert.deepEqual(neededModules({ outputs }, "src/main.js"), ["c.js", "b.js", "a.js", "main-1.js"]);
  assert.throws(() => neededModules({ outputs }, "src/other.js"), /src\/other.js: not among the outputs/);
});

const MODULES = {
  "src/main.js":
    'import { Map } from "maplibre-gl";\nimport { shared } from "./shared.js";\n/** Говорит. */\nexport const more = () => import("./later.js");\nnew Map(shared("Карта"));\n',
  "src/later.js": 'import { shared } from "./shared.js";\nexport const later = shared("later");\n',
  "src/shared.js": "export function shared(word) {\n  return `${word}!`;\n}\n",
};

test("a page's modules are bundled into few files with a hash of the content in the name; libraries stay outside", async () => {
  const root = lay(MODULES);
  const built = await bundleModules(root, "src/main.js", ["maplibre-gl"]);
  assert.match(built.first.join(" "), /^chunk-\w{8}\.js main-\w{8}\.js$/);
  assert.match(built.later.join(" "), /^later-\w{8}\.js$/);
  const main = text(built.files.find(({ name }) => name === built.first[1])?.body);
  assert.match(main, /from"maplibre-gl"/);
  assert.ok(main.includes("Карта") && !main.includes("Говорит"), "letters as they are, without comments");
  assert.match(main, new RegExp(`//# sourceMappingURL=${built.first[1]}.map`));
  const again = await bundleModules(root, "src/main.js", ["maplibre-gl"]);
  assert.deepEqual(again.first, built.first);
  writeFileSync(join(root, "src/later.js"), `${MODULES["src/later.js"]}export const changed = 1;\n`);
  const changed = await bundleModules(root, "src/main.js", ["maplibre-gl"]);
  assert.notDeepEqual(changed.later, built.later);
  assert.equal(changed.first[0], built.first[0], "what has not changed keeps its name");
});

test("what is imported later and needs a library is fetched as soon as the library", async () => {
  const root = lay({
    "src/main.js": 'void import("./map.js");\nexport const open = () => import("./panel.js");\n',
    "src/map.js": 'import { Map } from "maplibre-gl";\nnew Map();\n',
    "src/panel.js": "export const panel = 1;\n",
  });
  const { first, soon, later } = await bundleModules(root, "src/main.js", ["maplibre-gl"]);
  assert.match([first, soon, later].join(" "), /^main-\w{8}\.js map-\w{8}\.js panel-\w{8}\.js$/);
});

test("words of one language come without those of the other, though they stand in the same files", async () => {
  const room = (/** @type {string} */ name) =>
    `export const english = { ${name}: "English ${name}" };\nexport const russian = { ${name}: "Русское ${name}" };\n`;
  const all = (/** @type {string} */ name) =>
    `import { ${name} as base } from "./base.js";\nimport { ${name} as wall } from "./wall.js";\nexport const dictionary = { ...base, wall };\n`;
  const root = lay({
    "src/main.js": 'export const load = (language) => (language === "ru" ? import("./words/ru.js") : import("./words/en.js"));\n',
    "src/words/en.js": all("english"),
    "src/words/ru.js": all("russian"),
    "src/words/base.js": room("base"),
    "src/words/wall.js": room("wall"),
  });
  const { files, later } = await bundleModules(root, "src/main.js", []);
  assert.equal(later.length, 2, "no file that both share");
  const [en, ru] = ["en-", "ru-"].map((start) => text(files.find(({ name }) => name.startsWith(start) && name.endsWith(".js"))?.body));
  assert.ok(en?.includes("English base") && en.includes("English wall") && !en.includes("Русское"));
  assert.ok(ru?.includes("Русское base") && ru.includes("Русское wall") && !ru.includes("English"));
});

test("the modules of each page, compressed, are no larger than agreed", async () => {
  for (const [page, most] of Object.entries(MOST_KB)) {
    const { entry, libraries } = readPage(readFileSync(join(FRONTEND, `${page}.html`), "utf8"));
    const { files, first, soon } = await bundleModules(FRONTEND, entry, Object.keys(libraries));
    const modules = files.filter(({ name }) => name.endsWith(".js") && !/^en-\w{8}\.js$/.test(name));
    const begins = modules.filter(({ name }) => [...first, ...soon].includes(name) || name.startsWith("ru-"));
    const size = (/** @type {typeof files} */ some) => some.reduce((sum, { body }) => sum + gzipSync(body, { level: 9 }).length, 0) / 1000;
    assert.ok(begins.length > first.length + soon.length, "the words are counted");
    assert.ok(size(begins) <= most.begins, `${page}.html begins with ${size(begins).toFixed(1)} kB of ${most.begins}`);
    assert.ok(size(modules) <= most.all, `${page}.html: ${size(modules).toFixed(1)} kB of ${most.all}`);
  }
});

test("live code is never dropped, and dead code is", async () => {
  const root = lay({ "src/a.js": "export function act(a, b) {\n  void (a && b());\n  if (false) b(1);\n}\n" });
  const { body } = await minifyModule(root, "src/a.js");
  const { act } = await import(`data:text/javascript,${encodeURIComponent(text(body))}`);
  let called = 0;
  act(true, () => (called += 1));
  act(false, () => (called += 1));
  assert.equal(called, 1);
  assert.ok(!text(body).includes("(1)"));
});

test("a module that stays one file keeps its name", async () => {
  const { name, body } = await minifyModule(lay(MODULES), "src/shared.js");
  assert.equal(name, "src/shared.js");
  assert.equal((await import(`data:text/javascript,${encodeURIComponent(text(body))}`)).shared("a"), "a!");
});

test("style sheets become one in their order, small, and fonts keep their addresses", async () => {
  const root = lay({
    "a.css": '@font-face { font-family: "F"; src: url("vendor/f.woff2"); }\np { color: #ff0000; }\n',
    "styles/b.css": "/* why */\np { margin: 0px; }\n",
  });
  const { name, body } = await bundleStyles(root, "index", ["a.css", "styles/b.css"]);
  assert.equal(text(body), "@font-face{font-family:F;src:url(vendor/f.woff2)}p{color:red}p{margin:0}\n");
  assert.equal(name, `index-${contentHash(body).slice(0, 8)}.css`);
});

test("texts are compressed in each encoding; what is small or compressed by itself is not", async () => {
  const body = Buffer.from("const a = 1;\n".repeat(100));
  const packed = await compressFile({ name: "a.js", body });
  assert.deepEqual(
    packed.map(({ encoding, file }) => [encoding, file.name]),
    [
      ["br", "a.js.br"],
      ["gzip", "a.js.gz"],
      ["zstd", "a.js.zst"],
    ],
  );
  const [br, gz, zst] = packed.map(({ file }) => file.body);
  assert.deepEqual([brotliDecompressSync(br ?? ""), gunzipSync(gz ?? ""), zstdDecompressSync(zst ?? "")], [body, body, body]);
  for (const name of ["a.woff2", "a.mbtiles", "a.html", "a.js.map"]) assert.deepEqual(await compressFile({ name, body }), []);
  assert.deepEqual(await compressFile({ name: "a.js", body: Buffer.from("tiny") }), []);
});

test("the manifest has every file's hash, and its digest changes with any name or content", () => {
  const files = [
    { name: "b.js", body: Buffer.from("b") },
    { name: "a.js", body: Buffer.from("a") },
  ];
  const pages = { "index.html": { first: ["a.js"], later: [] } };
  const manifest = writeManifest(files, { "a.js": ["br"] }, pages);
  const hash = "ca978112ca1bbdcafac231b3";
  assert.deepEqual(manifest.files["a.js"], { hash, encodings: ["br"] });
  assert.deepEqual([Object.keys(manifest.files), manifest.pages], [["a.js", "b.js"], pages]);
  assert.match(manifest.digest, /^[0-9a-f]{16}$/);
  const digests = [
    files,
    [files[1], files[0]],
    [{ name: "c.js", body: Buffer.from("b") }, files[1]],
    [{ name: "b.js", body: Buffer.from("c") }, files[1]],
  ].map((some) => writeManifest(/** @type {typeof files} */ (some), {}, {}).digest);
  assert.equal(digests[0], digests[1]);
  assert.equal(new Set(digests).size, 3);
});
