/**
 * Land and borders as vector tiles in one MBTiles archive: a map fetches only what it shows, as fine as its zoom needs.
 *
 * Layers: `land`, areas; `borders`, lines between countries. Tiles without either are left out.
 */

/** @import { FeatureCollection } from "geojson" */
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";

/** Deepest zoom; a step of its grid is 150 m, and the finest of Natural Earth's lines are coarser. */
export const DEEPEST = 6;
const EXTENT = 4096;
/** Outlines of areas run along the tiles' edges; so far outside nobody sees them, in steps of the grid. */
const BUFFER = 64;
const VERSION = 2;

/** @typedef {{ land: FeatureCollection, borders: FeatureCollection }} World */
/** @typedef {{ z: number, x: number, y: number, body: Uint8Array }} WorldTile body: not compressed */

/**
 * @param {World} world @param {{ from: number, to: number }} zooms the first and the last
 * @returns {Generator<WorldTile>}
 */
export function* tilesOf({ land, borders }, { from, to }) {
  const index = (/** @type {FeatureCollection} */ shapes) => new GeoJSONVT(shapes, { maxZoom: to, indexMaxZoom: to, indexMaxPoints: 0, extent: EXTENT, buffer: BUFFER });
  const layers = { land: index(land), borders: index(borders) };
  for (let z = from; z <= to; z += 1) {
    for (const [x, y] of squares(2 ** z)) {
      /** @type {Record<string, import("@maplibre/geojson-vt").GeoJSONVTTile>} */
      const found = {};
      for (const [name, tiles] of Object.entries(layers)) {
        const tile = tiles.getTile(z, x, y);
        if (tile?.features.length) found[name] = tile;
      }
      if (Object.keys(found).length) yield { z, x, y, body: fromGeojsonVt(found, { version: VERSION, extent: EXTENT }) };
    }
  }
}

/** @param {number} side @returns {Generator<[number, number]>} */
function* squares(side) {
  for (let x = 0; x < side; x += 1) for (let y = 0; y < side; y += 1) yield [x, y];
}

/**
 * Write an MBTiles archive (version 1.3), in place of one that is there.
 * @param {string} file @param {Iterable<WorldTile>} tiles @param {Readonly<Record<string, string>>} metadata
 */
export function writeArchive(file, tiles, metadata) {
  rmSync(file, { force: true });
  const archive = new DatabaseSync(file);
  archive.exec(`
    create table metadata (name text, value text);
    create table tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);
    create unique index tile_index on tiles (zoom_level, tile_column, tile_row);
    begin`);
  const note = archive.prepare("insert into metadata values (?, ?)");
  for (const [name, value] of Object.entries(metadata)) note.run(name, value);
  const add = archive.prepare("insert into tiles values (?, ?, ?, ?)");
  // Its rows are counted from the south.
  for (const { z, x, y, body } of tiles) add.run(z, x, 2 ** z - 1 - y, gzipSync(body, { level: 9 }));
  archive.exec("commit");
  archive.close();
}
