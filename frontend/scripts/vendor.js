/**
 * Copies the page's libraries and fonts into frontend/vendor/ and makes its base map there, so that the page needs no other host.
 *
 * MapLibre is copied as it is: it finds its worker beside itself. Land and borders (Natural Earth, public domain)
 * become vector tiles.
 */
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { feature, mesh } from "topojson-client";
import { flatten } from "./flatten.js";
import { cutTiles, MAX_ZOOM, writeArchive } from "./world.js";

const FRONTEND = join(dirname(fileURLToPath(import.meta.url)), "..");
const VENDOR = join(FRONTEND, "vendor");

const MAPLIBRE = ["maplibre-gl.mjs", "maplibre-gl-shared.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"];
const FONTS = ["latin", "latin-ext", "cyrillic"].flatMap((script) =>
  [400, 600].map((weight) => `noto-sans-${script}-${weight}-normal.woff2`),
);
/** Natural Earth's scales, and the deepest zoom for which each has enough detail. */
const DETAILS = /** @type {const} */ ({ "110m": 1, "50m": 4, "10m": MAX_ZOOM });

/** @param {string} file a file of a package, such as world-atlas/land-50m.json */
function packageFile(file) {
  return join(FRONTEND, "..", "node_modules", file);
}

/** @param {string} from @param {string} to */
function copy(from, to) {
  const target = join(VENDOR, to);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(packageFile(from), target);
}

/**
 * Land areas and the borders between countries.
 * @param {string} detail one of `DETAILS`
 * @returns {import("./world.js").World}
 */
function readWorld(detail) {
  const atlas = JSON.parse(readFileSync(packageFile(`world-atlas/countries-${detail}.json`), "utf8"));
  const land = /** @type {any} */ (feature(atlas, atlas.objects.land));
  const borders = mesh(atlas, atlas.objects.countries, (one, other) => one !== other);
  const areas = land.type === "FeatureCollection" ? land.features : [land];
  return { land: collection(areas.map((/** @type {import("geojson").Feature} */ area) => area.geometry)), borders: collection([borders]) };
}

/** @param {readonly import("geojson").Geometry[]} shapes @returns {import("geojson").FeatureCollection} */
function collection(shapes) {
  return { type: "FeatureCollection", features: shapes.map((shape) => ({ type: "Feature", properties: {}, geometry: flatten(shape) })) };
}

/** Cut each zoom from the smallest scale that has enough detail for it. */
function* worldTiles() {
  let from = 0;
  for (const [detail, to] of Object.entries(DETAILS)) {
    yield* cutTiles(readWorld(detail), { from, to });
    from = to + 1;
  }
}

for (const file of MAPLIBRE) copy(`maplibre-gl/dist/${file}`, `maplibre-gl/${file}`);
copy("maplibre-gl/LICENSE.txt", "maplibre-gl/LICENSE.txt");
for (const file of FONTS) copy(`@fontsource/noto-sans/files/${file}`, `noto-sans/${file}`);
copy("@fontsource/noto-sans/LICENSE", "noto-sans/LICENSE");
// Earlier versions made a folder of tiles.
rmSync(join(VENDOR, "world"), { recursive: true, force: true });
writeArchive(join(VENDOR, "world.mbtiles"), worldTiles(), {
  name: "Land and borders",
  format: "pbf",
  minzoom: "0",
  maxzoom: String(MAX_ZOOM),
  attribution: "Natural Earth",
});
