// Reads a tile from standard input with @mapbox/vector-tile and writes what is in it as JSON.
import { readFileSync } from 'node:fs';
import { VectorTile } from '@mapbox/vector-tile';
import { PbfReader } from 'pbf';

const { layers } = new VectorTile(new PbfReader(readFileSync(0)));

/** @param {import('@mapbox/vector-tile').VectorTileLayer} layer */
function contents(layer) {
  const features = Array.from({ length: layer.length }, (_, index) => {
    const feature = layer.feature(index);
    const rings = feature.loadGeometry().map((ring) => ring.map(({ x, y }) => [x, y]));
    return { id: feature.id, type: feature.type, properties: feature.properties, rings };
  });
  return { version: layer.version, extent: layer.extent, features };
}

const tile = Object.fromEntries(Object.entries(layers).map(([name, layer]) => [name, contents(layer)]));
process.stdout.write(JSON.stringify(tile));
