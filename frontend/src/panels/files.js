/** Files of what is on the screen: each table as CSV, as Excel opens it, and as a workbook; areas with their outlines too. */

/** @import { Language, State } from "../page/state.js" */
import { element } from "../page/dom.js";
import { serviceRoot } from "../page/service.js";
import { countedQuery } from "../page/url.js";
import { fill, formatNumber, words } from "../words/i18n.js";

/** @typedef {"csv" | "csv-excel" | "xlsx" | "geojson"} Format */
/** @typedef {"hexes" | "districts" | "incidents" | "timeline"} Kind */

/** Of every table. @type {readonly Format[]} */
const TABLE = ["csv", "csv-excel", "xlsx"];
/** The service writes no more into one file. */
const MOST_INCIDENTS = 10_000;

/**
 * A table's files, as links.
 * @param {Language} language @param {string} title @param {string} address without the format @param {string} file its name without an end
 * @param {readonly Format[]} formats
 */
export function fileLinks(language, title, address, file, formats = TABLE) {
  const { formats: names } = words(language).analyst;
  return formats.map((format) => {
    const href = `${serviceRoot()}${address}${address.includes("?") ? "&" : "?"}format=${format}`;
    const download = format === "csv-excel" ? `${file}-excel.csv` : `${file}.${format}`;
    return element(
      "a",
      { href, download, class: "file", "data-key": `${file} ${format}`, "aria-label": `${title}: ${names[format]}` },
      names[format],
    );
  });
}

/** What the map and the panels show now, each with its files. @param {State} state */
export function filesOf(state) {
  const { language } = state.view;
  const { files, filesOf: names } = words(language).analyst;
  const rows = addressesOf(state).map(({ kind, address, formats, note }) =>
    element(
      "li",
      { "data-same": kind },
      element("span", {}, names[kind]),
      ...fileLinks(language, names[kind], address, kind, formats),
      ...(note ? [element("span", { class: "muted" }, note)] : []),
    ),
  );
  return element(
    "section",
    { "data-same": "files" },
    element("h2", {}, files),
    element("ul", { class: "file-list", "data-same": "list" }, ...rows),
  );
}

/** @param {Pick<State, "view" | "legend" | "summary">} state @returns {{ kind: Kind, address: string, formats: readonly Format[], note: string }[]} */
export function addressesOf({ view, legend, summary }) {
  const measured = { compare: view.compare, measure: view.measure === "count" ? "" : view.measure };
  const counted = (/** @type {Record<string, string>} */ more) => countedQuery(view, more);
  const areas = [...TABLE, /** @type {const} */ ("geojson")];
  const all = summary?.n ?? 0;
  const { firstOnly } = words(view.language).analyst;
  const cut = fill(firstOnly, { most: formatNumber(view.language, MOST_INCIDENTS), all: formatNumber(view.language, all) });
  const hexes = legend?.resolution ? counted({ ...measured, resolution: String(legend.resolution) }) : "";
  return [
    ...(hexes ? [{ kind: /** @type {Kind} */ ("hexes"), address: `/api/cells?${hexes}`, formats: areas, note: "" }] : []),
    { kind: "districts", address: `/api/districts?${counted({ ...ofDistricts(measured), level: view.level })}`, formats: areas, note: "" },
    {
      kind: "incidents",
      address: `/api/incidents?${counted({ order: view.list, limit: String(MOST_INCIDENTS) })}`,
      formats: TABLE,
      note: all > MOST_INCIDENTS ? cut : "",
    },
    { kind: "timeline", address: `/api/timeline?${counted({ compare: view.compare })}`, formats: TABLE, note: "" },
  ];
}

/** Some measures are of hexagons alone. @param {{ compare: string, measure: string }} measured */
function ofDistricts({ compare, measure }) {
  return { compare, measure: ["gi", "emerging"].includes(measure) ? "" : measure };
}
