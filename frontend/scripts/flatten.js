/**
 * Converts shapes on a globe to shapes on a flat map.
 *
 * On a globe a line may cross the antimeridian; on a flat map the step from 180 to -180 would cross the
 * world. So longitudes continue past 180, and a ring around a pole is closed along the map's edge.
 */

/** @typedef {import("geojson").Position} Position */

const DECIMALS = 3;
const POLE = 90;

/**
 * Return an area or lines for a flat map.
 * @param {import("geojson").Geometry} geometry
 * @returns {import("geojson").Geometry}
 */
export function flatten(geometry) {
  switch (geometry.type) {
    case "Polygon":
      return { type: "Polygon", coordinates: geometry.coordinates.map(flattenRing) };
    case "MultiPolygon":
      return { type: "MultiPolygon", coordinates: geometry.coordinates.map((rings) => rings.map(flattenRing)) };
    case "MultiLineString":
      return { type: "MultiLineString", coordinates: geometry.coordinates.map(unwind) };
    default:
      throw new Error(`cannot flatten a ${geometry.type}: only areas and lines are drawn`);
  }
}

/**
 * Return a line whose longitudes do not jump, rounded to about 100 m.
 * @param {Position[]} line degrees
 * @returns {Position[]}
 */
export function unwind(line) {
  let turns = 0;
  let last = line[0]?.[0] ?? 0;
  return line.map(([lng = 0, lat = 0]) => {
    if (lng - last > 180) turns -= 360;
    if (lng - last < -180) turns += 360;
    last = lng;
    return [round(lng + turns), round(lat)];
  });
}

/**
 * Return a closed ring; one that winds around the world is closed over the pole that it surrounds.
 * @param {Position[]} ring degrees
 * @returns {Position[]}
 */
export function flattenRing(ring) {
  const flat = unwind(ring);
  const [first, last] = [flat[0], flat.at(-1)];
  if (!first || !last || first[0] === last[0]) return flat;
  const pole = (first[1] ?? 0) < 0 ? -POLE : POLE;
  return [...flat, [last[0] ?? 0, pole], [first[0] ?? 0, pole], first];
}

/** @param {number} degrees */
function round(degrees) {
  return Number(degrees.toFixed(DECIMALS));
}
