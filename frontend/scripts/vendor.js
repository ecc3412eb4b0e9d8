/**
 * Lays the page's libraries, fonts and base map into frontend/vendor/, so that the page needs no other host.
 *
 * MapLibre is copied as it is: it finds its worker beside itself. Land and borders (Natural Earth, public domain)
 * become packed GeoJSON, because that is what MapLibre draws.
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { feature, mesh } from "topojson-client";
import { flatten } from "./flatten.js";

const FRONTEND = join(dirname(fileURLToPath(import.meta.url)), "..");
const VENDOR = join(FRONTEND, "vendor");

const MAPLIBRE = ["maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"];
const FONTS = ["latin", "latin-ext", "cyrillic"].flatMap((script) => [400, 600].map((weight) => `noto-sans-${script}-${weight}-normal.woff2`));
const DETAILS = ["50m", "10m"];

/** @param {string} file a file of a package, such as world-atlas/land-50m.json */
function packaged(file) {
  return join(FRONTEND, "..", "node_modules", file);
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  const target = join(VENDOR, to);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(packaged(from), target);
}

/**
 * Land areas and the borders between countries, as one collection; property `kind` tells them apart.
 * @param {string} detail 50m or 10m: Natural Earth's scales
 * @returns {import("geojson").FeatureCollection}
 */
function world(detail) {
  const atlas = JSON.parse(readFileSync(packaged(`world-atlas/countries-${detail}.json`), "utf8"));
  const land = /** @type {any} */ (feature(atlas, atlas.objects.land));
  const borders = mesh(atlas, atlas.objects.countries, (one, other) => one !== other);
  const areas = land.type === "FeatureCollection" ? land.features : [land];
  return {
    type: "FeatureCollection",
    features: [
      ...areas.map((/** @type {import("geojson").Feature} */ area) => ({ type: "Feature", properties: { kind: "land" }, geometry: flatten(area.geometry) })),
      { type: "Feature", properties: { kind: "border" }, geometry: flatten(borders) },
    ],
  };
}

for (const file of MAPLIBRE) copy(`maplibre-gl/dist/${file}`, `maplibre-gl/${file}`);
copy("maplibre-gl/LICENSE.txt", "maplibre-gl/LICENSE.txt");
for (const file of FONTS) copy(`@fontsource/noto-sans/files/${file}`, `noto-sans/${file}`);
copy("@fontsource/noto-sans/LICENSE", "noto-sans/LICENSE");
mkdirSync(join(VENDOR, "world"), { recursive: true });
for (const detail of DETAILS) writeFileSync(join(VENDOR, "world", `${detail}.json.gz`), gzipSync(JSON.stringify(world(detail)), { level: 9 }));
