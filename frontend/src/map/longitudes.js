/** Longitudes of places near the antimeridian: what is a turn apart is the same place, and only one is on the screen. */

const TURN = 360;

/**
 * Bounds as a camera takes them: across the antimeridian they go on beyond 180°.
 * @param {[number, number, number, number]} bounds west, south, east, north; west > east across the antimeridian
 * @returns {[number, number, number, number]}
 */
export function unwrapped([west, south, east, north]) {
  return [west, south, east < west ? east + TURN : east, north];
}

/** The longitude by whole turns nearest to another one. @param {number} lng @param {number} to */
export function nearest(lng, to) {
  return lng + TURN * Math.round((to - lng) / TURN);
}
