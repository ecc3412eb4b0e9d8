/**
 * A set of hexagons in an address, as the service reads and writes it (docs/tiles.md): cells separated by commas, ends of f left out,
 * cells with the same beginning as beginning_end.end. None lies in another. Pure.
 */

import { parentOf, resolutionOf } from "../map/hexagon.js";

const DIGITS = 15;
const RESOLUTION_SHIFT = 52n;
const DIGIT_BITS = 3;
const CHILDREN = 7;

/** @param {string} text @returns {string[]} H3 indexes of 15 digits */
export function readCells(text) {
  const cells = text
    .split(",")
    .filter(Boolean)
    .flatMap((part) => {
      const [beginning = "", ends] = part.split("_");
      return ends === undefined ? [beginning] : ends.split(".").map((end) => beginning + end);
    });
  return cells.map((cell) => cell.toLowerCase().padEnd(DIGITS, "f"));
}

/** The shortest spelling. @param {readonly string[]} cells */
export function writeCells(cells) {
  const texts = cells.map((cell) => cell.replace(/f+$/, "")).sort();
  const spellings = Array.from({ length: DIGITS }, (_, length) => grouped(texts, length));
  return spellings.reduce((best, text) => (text.length < best.length ? text : best));
}

/**
 * The set with a cell, or without it where it lies in the set: then what is left of a coarser one around it stays.
 * @param {string} text the set @param {string} cell
 */
export function toggleCell(text, cell) {
  const cells = readCells(text);
  const around = cells.find((one) => isInside(cell, one));
  if (!around) return writeCells([...cells.filter((one) => !isInside(one, cell)), cell]);
  return writeCells([...cells.filter((one) => one !== around), ...withoutCell(around, cell)]);
}

/** @param {string} text the set @param {string} cell */
export function holdsCell(text, cell) {
  return readCells(text).some((one) => isInside(cell, one));
}

/** The cells around a cell that make up a coarser one with it. @param {string} around @param {string} cell @returns {string[]} */
function withoutCell(around, cell) {
  if (around === cell) return [];
  return childrenOf(around).flatMap((child) => (isInside(cell, child) ? withoutCell(child, cell) : [child]));
}

/** @param {string} cell @param {string} around */
function isInside(cell, around) {
  return resolutionOf(cell) >= resolutionOf(around) && parentOf(cell, resolutionOf(around)) === around;
}

/** Of a pentagon six: digit 1 does not exist below it. @param {string} cell @returns {string[]} */
function childrenOf(cell) {
  const resolution = resolutionOf(cell) + 1;
  const shift = BigInt(DIGIT_BITS * (DIGITS - resolution));
  const base = (BigInt(`0x${cell}`) & ~(15n << RESOLUTION_SHIFT) & ~(7n << shift)) | (BigInt(resolution) << RESOLUTION_SHIFT);
  const digits = Array.from({ length: CHILDREN }, (_, digit) => digit);
  return digits.filter((digit) => digit !== 1 || !isPentagon(cell)).map((digit) => (base | (BigInt(digit) << shift)).toString(16));
}

/** The base cells of the twelve pentagons. */
const PENTAGONS = new Set([4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117]);

/** Around the middle of a base cell that is a pentagon all digits are 0. @param {string} cell */
function isPentagon(cell) {
  const index = BigInt(`0x${cell}`);
  const unused = BigInt(DIGIT_BITS * (DIGITS - resolutionOf(cell)));
  return PENTAGONS.has(Number((index >> 45n) & 127n)) && (index & ((1n << 45n) - 1n)) >> unused === 0n;
}

/** @param {readonly string[]} texts sorted @param {number} length of the beginnings that are written once */
function grouped(texts, length) {
  /** @type {Map<string, string[]>} */
  const groups = new Map();
  for (const text of texts) {
    const beginning = length && length < text.length ? text.slice(0, length) : "";
    groups.set(beginning, [...(groups.get(beginning) ?? []), text]);
  }
  return [...groups]
    .flatMap(([beginning, members]) =>
      beginning && members.length > 1 ? [`${beginning}_${members.map((text) => text.slice(length)).join(".")}`] : members,
    )
    .join(",");
}
