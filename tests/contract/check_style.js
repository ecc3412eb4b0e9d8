// Reads a style from standard input and writes what @maplibre/maplibre-gl-style-spec says against it as JSON.
import { readFileSync } from 'node:fs';
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';

const complaints = validateStyleMin(JSON.parse(readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(complaints.map(({ message }) => message)));
