/**
 * Builds the files that the service sends into frontend/dist: modules and style sheets bundled and minified, with a hash of
 * their content in the name; pages that name them; libraries, fonts and base map as `npm run vendor` has laid them; each
 * compressed beside itself; and build.json, which lists them (see manifest.js).
 */

/** @import { BuiltFile } from "./bundle.js" */
/** @import { PageEntry } from "./manifest.js" */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleModules, bundleStyles, bundleWorker, minifyModule } from "./bundle.js";
import { drawIcons } from "./icons.js";
import { compressFile, writeManifest } from "./manifest.js";
import { readPage, writePage } from "./page_html.js";

const FRONTEND = fileURLToPath(new URL("..", import.meta.url));
const DIST = join(FRONTEND, "dist");
const UNFINISHED = join(FRONTEND, "dist.unfinished");
const PAGES = ["index.html", "wall.html", "embed.html"];
/** The custom element: pages of other sites load it by this name. */
const ELEMENT = "src/heat-map.js";
/** The service worker: the service serves it from its own root, with the names of the files that it keeps. */
const WORKER = "src/offline/service_worker.js";
const COPIED = ["icon.svg", "vendor"];

/** @param {string} page @returns {Promise<{ files: BuiltFile[], entry: PageEntry }>} */
async function buildPage(page) {
  const html = readFileSync(join(FRONTEND, page), "utf8");
  const { styles, entry, libraries } = readPage(html);
  const [modules, style] = await Promise.all([
    bundleModules(FRONTEND, entry, Object.keys(libraries)),
    bundleStyles(FRONTEND, page.replace(".html", ""), styles),
  ]);
  const body = Buffer.from(writePage(html, { style: style.name, first: modules.first, soon: modules.soon }));
  return {
    files: [...modules.files, style, { name: page, body }],
    entry: { first: [...Object.values(libraries), ...modules.first, ...modules.soon], later: modules.later },
  };
}

/** @param {string} name a file, or a folder with all that is in it @returns {BuiltFile[]} */
function readCopied(name) {
  if (name.endsWith(".svg")) return [{ name, body: readFileSync(join(FRONTEND, name)) }];
  return readdirSync(join(FRONTEND, name), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile() && !one.name.startsWith("."))
    .map((one) => join(one.parentPath, one.name))
    .map((path) => ({ name: relative(FRONTEND, path).replaceAll("\\", "/"), body: readFileSync(path) }));
}

/** @param {BuiltFile} file */
function write({ name, body }) {
  const target = join(UNFINISHED, name);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, body);
}

if (!existsSync(join(FRONTEND, "vendor"))) throw new Error("frontend/vendor is missing: run `npm run vendor` first");
const pages = await Promise.all(PAGES.map(buildPage));
const files = [
  ...pages.flatMap((page) => page.files),
  await minifyModule(FRONTEND, ELEMENT),
  await bundleWorker(FRONTEND, WORKER),
  ...drawIcons(),
  ...COPIED.flatMap(readCopied),
];
const compressed = await Promise.all(files.map(compressFile));
const encodings = Object.fromEntries(files.map(({ name }, at) => [name, (compressed[at] ?? []).map(({ encoding }) => encoding)]));
const manifest = writeManifest(
  files,
  encodings,
  Object.fromEntries(PAGES.map((page, at) => [page, pages[at]?.entry ?? { first: [], later: [] }])),
);

// A service that is running sees the old build until the new one is whole.
rmSync(UNFINISHED, { recursive: true, force: true });
for (const file of [...files, ...compressed.flat().map((one) => one.file)]) write(file);
write({ name: "build.json", body: Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`) });
rmSync(DIST, { recursive: true, force: true });
renameSync(UNFINISHED, DIST);
