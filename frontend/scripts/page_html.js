/** Reads which files an HTML page of the sources names, and writes the page that names the built files instead. */

const STATIC = "/static/";
const STYLE = /[ \t]*<link rel="stylesheet" href="\/static\/([^"]+)" \/>\n/g;
const ENTRY = /[ \t]*<script type="module" src="\/static\/([^"]+)"><\/script>\n/;
const IMPORT_MAP = /<script type="importmap">(.*?)<\/script>/s;

/**
 * @typedef {object} PageSources paths below /static
 * @property {string[]} styles style sheets, in the order of the page
 * @property {string} entry the module that starts the page
 * @property {Record<string, string>} libraries paths of the modules in the import map, by the name that is imported
 */

/**
 * @typedef {object} PageFiles names of built files
 * @property {string} style
 * @property {string[]} first modules that the page needs before it runs, dependencies first and the entry last
 * @property {string[]} [soon] modules that it imports at once when it runs
 */

/** @param {string} html @returns {PageSources} */
export function readPage(html) {
  const entry = ENTRY.exec(html)?.[1];
  if (!entry) throw new Error("the page has no module script below /static");
  /** @type {Record<string, string>} */
  const imports = JSON.parse(IMPORT_MAP.exec(html)?.[1] ?? '{ "imports": {} }').imports;
  const libraries = Object.fromEntries(Object.entries(imports).map(([name, address]) => [name, address.replace(STATIC, "")]));
  return { styles: [...html.matchAll(STYLE)].map(([, path = ""]) => path), entry, libraries };
}

/**
 * Return the page with one style sheet, and a link to each module that it needs, so that a browser asks for all of them at once:
 * otherwise it would find a module only in the one that imports it, one round trip later.
 * @param {string} html @param {PageFiles} built
 */
export function writePage(html, { style, first, soon = [] }) {
  const { libraries } = readPage(html);
  // What the page runs first comes first: numbers need no library. The import map stands before all, as browsers want it.
  const preloads = [...first, ...Object.values(libraries), ...soon].map(
    (name) => `    <link rel="modulepreload" href="${STATIC}${name}" />\n`,
  );
  const script = `    <script type="module" src="${STATIC}${first.at(-1)}"></script>\n`;
  let styled = false;
  return html
    .replace(STYLE, () => {
      if (styled) return "";
      styled = true;
      return `    <link rel="stylesheet" href="${STATIC}${style}" />\n`;
    })
    .replace(ENTRY, () => preloads.join("") + script);
}
