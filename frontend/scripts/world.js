/**
 * Cuts land and borders into vector tiles in one MBTiles archive, so that a map fetches only the tiles that it shows.
 *
 * Layers: `land`, areas; `borders`, lines between countries. Tiles without either are left out.
 */

/** @import { FeatureCollection } from "geojson" */
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { gzipSync } from "node:zlib";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";

/** Deepest zoom; a step of its grid is 150 m, and Natural Earth's most detailed lines are coarser. */
export const MAX_ZOOM = 6;
const EXTENT = 4096;
/** Margin around a tile, in steps of the grid: outlines of cut areas run along it, outside of what is drawn. */
const BUFFER = 64;
const VERSION = 2;

/** @typedef {{ land: FeatureCollection, borders: FeatureCollection }} World */
/** @typedef {{ z: number, x: number, y: number, body: Uint8Array }} WorldTile body: not compressed */

/**
 * @param {World} world @param {{ from: number, to: number }} zooms the first and the last
 * @returns {Generator<WorldTile>}
 */
export function* cutTiles({ land, borders }, { from, to }) {
  const index = (/** @type {FeatureCollection} */ shapes) =>
    new GeoJSONVT(shapes, { maxZoom: to, indexMaxZoom: to, indexMaxPoints: 0, extent: EXTENT, buffer: BUFFER });
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

/** Yield every column and row. @param {number} side @returns {Generator<[number, number]>} */
function* squares(side) {
  for (let x = 0; x < side; x += 1) for (let y = 0; y < side; y += 1) yield [x, y];
}

/**
 * Write an MBTiles archive (version 1.3); an existing one is replaced.
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
  const addMetadata = archive.prepare("insert into metadata values (?, ?)");
  for (const [name, value] of Object.entries(metadata)) addMetadata.run(name, value);
  const addTile = archive.prepare("insert into tiles values (?, ?, ?, ?)");
  // MBTiles counts rows from the south.
  for (const { z, x, y, body } of tiles) addTile.run(z, x, 2 ** z - 1 - y, gzipSync(body, { level: 9 }));
  archive.exec("commit");
  archive.close();
}
