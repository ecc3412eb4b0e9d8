/**
 * H3 indexes and the tiles' feature ids.
 *
 * An id is the index without its mode, its resolution and the five digits below resolution 10, which are all unused:
 * 37 bits, safe in a JavaScript number. The resolution follows from the digits that are unused.
 */

/** The service has tiles of them from here. */
export const POINTS_FROM_ZOOM = 13;

const UNUSED_BITS = 15n;
const UNUSED = (1n << UNUSED_BITS) - 1n;
const BODY = (1n << 52n) - 1n;
const CELL_MODE = 8n << 56n;
const FINEST = 10;
const DEEPEST = 15;
const DIGIT_BITS = 3;
const NO_DIGIT = 7;

/** @param {number} id of a feature @returns {string} the H3 index, 15 hexadecimal digits */
export function cellOfId(id) {
  const index = CELL_MODE | (BigInt(resolutionOfId(id)) << 52n) | (BigInt(id) << UNUSED_BITS) | UNUSED;
  return index.toString(16);
}

/** @param {string} cell an H3 index @returns {number} the feature's id */
export function idOfCell(cell) {
  return Number((BigInt(`0x${cell}`) & BODY) >> UNUSED_BITS);
}

/** @param {string} text whether it can be an H3 cell that the tiles know */
export function isCell(text) {
  return /^8[0-9a]([0-9a-f]{13})$/.test(text) && cellOfId(idOfCell(text)) === text;
}

/** @param {string} cell an H3 index @returns {number} 0 to 15 */
export function resolutionOf(cell) {
  return parseInt(cell.charAt(1), 16);
}

/** @param {string} cell an H3 index @param {number} resolution coarser or the same @returns {string} the cell around it */
export function parentOf(cell, resolution) {
  const unused = (1n << BigInt(DIGIT_BITS * (DEEPEST - resolution))) - 1n;
  const index = (BigInt(`0x${cell}`) & ~(15n << 52n)) | (BigInt(resolution) << 52n) | unused;
  return index.toString(16);
}

/**
 * @param {number} resolution @param {number} [finer] by how many zooms hexagons are finer than usual
 * @returns {[number, number]} the zooms from which on and up to which the tiles show such hexagons
 */
export function zoomsOf(resolution, finer = 0) {
  const [from = 0, to = 0] = ZOOMS.slice(resolution, resolution + 2);
  return [Math.max(from - finer, 0), resolution === FINEST ? to : to - finer];
}

/** By resolution, where its zooms begin, and the end; the tiles' own rule is in geo_service/tiles/encoding/grid.py. */
const ZOOMS = [0, 0, 1, 3, 4, 6, 7, 8, 10, 11, 13, 17];

/** @param {number} id */
function resolutionOfId(id) {
  let resolution = FINEST;
  let digits = id;
  while (resolution > 0 && digits % (1 << DIGIT_BITS) === NO_DIGIT) {
    digits = Math.floor(digits / (1 << DIGIT_BITS));
    resolution -= 1;
  }
  return resolution;
}

/** Mean distance in km between opposite edges, by resolution. From the mean areas in H3's documentation. */
const WIDTH_KM = [2240, 839, 317, 120, 45.2, 17.1, 6.46, 2.44, 0.923, 0.349, 0.132];

/** @param {number} resolution @returns {number} how wide a hexagon is, in km */
export function widthKm(resolution) {
  return WIDTH_KM[resolution] ?? 0;
}
