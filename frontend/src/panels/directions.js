/** Where places lie, seen from each other. */

/** @typedef {{ lng: number, lat: number }} Position degrees */

/** Of a degree of latitude. */
const KM = 111.2;
/** Clockwise, as a compass is read. */
export const DIRECTIONS = /** @type {const} */ (["n", "ne", "e", "se", "s", "sw", "w", "nw"]);

/** East and north of a place, in degrees of latitude: plane enough for neighbours. @param {Position} from @param {Position} to */
function offset(from, to) {
  const lng = ((to.lng - from.lng + 540) % 360) - 180;
  return { east: lng * Math.cos((from.lat * Math.PI) / 180), north: to.lat - from.lat };
}

/** In eighths of the compass. @param {Position} from @param {Position} to */
export function directionOf(from, to) {
  const { east, north } = offset(from, to);
  return DIRECTIONS[(Math.round(Math.atan2(east, north) / (Math.PI / 4)) + 8) % 8] ?? "n";
}

/** @param {Position} from @param {Position} to */
export function distanceKm(from, to) {
  const { east, north } = offset(from, to);
  return Math.hypot(east, north) * KM;
}

/**
 * The nearest of some places, if it is near enough.
 * @template {Position} Place
 * @param {Position} from @param {readonly Place[]} places @param {number} most km @returns {Place | null}
 */
export function nearestOf(from, places, most) {
  const [nearest] = places.toSorted((one, other) => distanceKm(from, one) - distanceKm(from, other));
  return nearest && distanceKm(from, nearest) <= most ? nearest : null;
}
