/** Draws the icons of the installed page as PNG files: the hexagon of icon.svg, without a library for pictures. */

/** @import { BuiltFile } from "./bundle.js" */
import { crc32, deflateSync } from "node:zlib";

/** In the units of icon.svg, 32 × 32: radius of the outer and of the inner hexagon, and their colours. */
const OUTER = { radius: 14, color: [0xf0, 0x3b, 0x20] };
const INNER = { radius: 6.75, color: [0xfe, 0xcc, 0x5c] };
const GROUND = [0x1c, 0x23, 0x29];
const SIZE = 32;
/** Platforms cut a maskable icon to a circle of 80 % of its size, W3C App Manifest; the hexagon stays inside. */
const SAFE = 0.8;
/** Points a pixel in each direction, so that edges are smooth. */
const SAMPLES = 4;

/** @type {readonly { name: string, size: number, maskable: boolean }[]} */
export const ICONS = [
  { name: "icons/icon-192.png", size: 192, maskable: false },
  { name: "icons/icon-512.png", size: 512, maskable: false },
  { name: "icons/maskable-192.png", size: 192, maskable: true },
  { name: "icons/maskable-512.png", size: 512, maskable: true },
  { name: "icons/apple-touch-icon.png", size: 180, maskable: true },
];

/** @returns {BuiltFile[]} */
export function drawIcons() {
  return ICONS.map(({ name, size, maskable }) => ({ name, body: drawIcon(size, maskable) }));
}

/** @param {number} size px @param {boolean} maskable with a ground that platforms may cut @returns {Uint8Array} a PNG file */
export function drawIcon(size, maskable) {
  const scale = maskable ? SAFE : 1;
  // Each row begins with the number of its filter, none.
  const rows = Buffer.alloc(size * (1 + size * 4));
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) rows.set(pixel(x, y, size, scale, maskable), y * (1 + size * 4) + 1 + x * 4);
  return encode(size, rows);
}

/** @param {number} x @param {number} y @param {number} size @param {number} scale @param {boolean} maskable @returns {number[]} red, green, blue, alpha */
function pixel(x, y, size, scale, maskable) {
  const sum = [0, 0, 0];
  let covered = 0;
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const dx = ((sample % SAMPLES) + 0.5) / SAMPLES;
    const dy = (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES;
    const color = colorAt((((x + dx) / size - 0.5) * SIZE) / scale, (((y + dy) / size - 0.5) * SIZE) / scale) ?? (maskable ? GROUND : null);
    if (!color) continue;
    covered += 1;
    for (const channel of sum.keys()) sum[channel] = (sum[channel] ?? 0) + (color[channel] ?? 0);
  }
  if (!covered) return [0, 0, 0, 0];
  return [...sum.map((value) => Math.round(value / covered)), Math.round((255 * covered) / SAMPLES ** 2)];
}

/** @param {number} x @param {number} y from the middle, in units of icon.svg */
function colorAt(x, y) {
  return [INNER, OUTER].find(({ radius }) => isInside(x, y, radius))?.color ?? null;
}

/** Whether a point lies in a hexagon that stands on a corner. @param {number} x @param {number} y @param {number} radius of its corners */
function isInside(x, y, radius) {
  const width = (Math.sqrt(3) / 2) * radius;
  return Math.abs(x) <= width && Math.abs(y) <= radius - Math.abs(x) / Math.sqrt(3);
}

/** @param {number} size @param {Uint8Array} rows @returns {Uint8Array} PNG (Portable Network Graphics, third edition), eight bits a channel, with alpha */
function encode(size, rows) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 9 })), chunk("IEND", Buffer.alloc(0))]);
}

/** @param {string} type @param {Uint8Array} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
