/** Bundles and minifies the modules and style sheets of a page with esbuild. */

/** @import { BuildOptions, Metafile, Plugin } from "esbuild" */
import { basename, join } from "node:path";
import { build } from "esbuild";
import { contentHash } from "./manifest.js";

/** Browsers that have import maps know all of ES2022. */
const TARGET = "es2022";

/** @type {BuildOptions} */
const COMMON = { bundle: true, minify: true, charset: "utf8", legalComments: "none", target: TARGET, logLevel: "warning" };

/** A module of all words of one language, and what it imports. */
const WORDS = { of: /\/words\/([a-z]{2})\.js$/, imported: /^\.\/\w+\.js$/ };

/**
 * Files of words hold both languages side by side. Each language gets them as modules of its own, of which only its words are
 * used: so the other's are left out of its bundle.
 * @type {Plugin}
 */
const ONE_LANGUAGE = {
  name: "one-language",
  setup(made) {
    made.onResolve({ filter: WORDS.imported }, ({ importer, path, resolveDir }) => {
      const language = WORDS.of.exec(importer.replaceAll("\\", "/"))?.[1];
      return language ? { path: join(resolveDir, path), suffix: `?${language}`, sideEffects: false } : undefined;
    });
  },
};

/** @typedef {{ name: string, body: Uint8Array }} BuiltFile name: path below the folder of the build */

/**
 * @typedef {object} PageModules
 * @property {BuiltFile[]} files modules and their source maps
 * @property {string[]} first modules that the page needs before it runs, dependencies first and the entry last
 * @property {string[]} soon modules that it imports while it runs, and that need a library: fetched at once, as the library is
 * @property {string[]} later all others that the page imports while it runs
 */

/**
 * Bundle a page's modules; what is imported by `import(…)` becomes a module of its own.
 *
 * Each page is bundled by itself: modules shared between pages would make a dozen small files of each page, and readers
 * seldom open more than one.
 * @param {string} root folder of the sources @param {string} entry path of the module that starts the page
 * @param {string[]} libraries names that the page's import map resolves
 * @returns {Promise<PageModules>}
 */
export async function bundleModules(root, entry, libraries) {
  const { outputFiles, metafile } = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: [entry],
    format: "esm",
    splitting: true,
    sourcemap: "linked",
    external: libraries,
    plugins: [ONE_LANGUAGE],
    // Nothing is written; source maps name the sources from there.
    outdir: "dist",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    metafile: true,
    write: false,
  });
  const first = neededModules(metafile, entry);
  const soon = withLibrary(metafile).filter((name) => !first.includes(name));
  const files = outputFiles.map(({ path, contents }) => ({ name: basename(path), body: contents }));
  const later = files.map(({ name }) => name).filter((name) => name.endsWith(".js") && ![...first, ...soon].includes(name));
  return { files, first, soon, later };
}

/** Return the outputs that import a library before they run, each behind what it imports itself. @param {Pick<Metafile, "outputs">} metafile */
function withLibrary(metafile) {
  const entries = Object.values(metafile.outputs).flatMap(({ entryPoint, imports }) =>
    entryPoint && imports.some(({ external, kind }) => external && kind === "import-statement") ? [entryPoint] : [],
  );
  return [...new Set(entries.flatMap((entry) => neededModules(metafile, entry)))];
}

/**
 * Return the outputs that an entry imports before it runs, each behind what it imports itself, and the output of the entry last.
 * @param {Pick<Metafile, "outputs">} metafile @param {string} entry @returns {string[]}
 */
export function neededModules({ outputs }, entry) {
  const start = Object.keys(outputs).find((name) => outputs[name]?.entryPoint === entry);
  if (!start) throw new Error(`${entry}: not among the outputs`);
  /** @type {Set<string>} */
  const seen = new Set();
  /** @param {string} name @returns {string[]} */
  const visit = (name) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const imported = outputs[name]?.imports.filter(({ kind, external }) => kind === "import-statement" && !external) ?? [];
    return [...imported.flatMap(({ path }) => visit(path)), basename(name)];
  };
  return visit(start);
}

/**
 * Return one minified style sheet of several, in their order. Fonts keep their addresses, relative to the folder of the build.
 * @param {string} root folder of the sources @param {string} page name of the page without ".html" @param {string[]} styles
 * @returns {Promise<BuiltFile>}
 */
export async function bundleStyles(root, page, styles) {
  const contents = styles.map((path) => `@import "./${path}";\n`).join("");
  const { outputFiles } = await build({
    ...COMMON,
    stdin: { contents, resolveDir: root, loader: "css" },
    external: ["*.woff2"],
    write: false,
  });
  const body = outputFiles[0]?.contents ?? new Uint8Array();
  return { name: `${page}-${contentHash(body).slice(0, 8)}.css`, body };
}

/**
 * Return a module that stays one file under its own name.
 * @param {string} root folder of the sources @param {string} path @returns {Promise<BuiltFile>}
 */
export async function minifyModule(root, path) {
  const { outputFiles } = await build({ ...COMMON, absWorkingDir: root, entryPoints: [path], format: "esm", write: false });
  return { name: path, body: outputFiles[0]?.contents ?? new Uint8Array() };
}

/**
 * Return a worker as one script of its own, under its own name: not all browsers take modules for a service worker.
 * @param {string} root folder of the sources @param {string} path @returns {Promise<BuiltFile>}
 */
export async function bundleWorker(root, path) {
  const { outputFiles } = await build({ ...COMMON, absWorkingDir: root, entryPoints: [path], format: "iife", write: false });
  return { name: path, body: outputFiles[0]?.contents ?? new Uint8Array() };
}
