/** Own limits of classes, as people type them and as the service takes them. */

/** The service's own ways of dividing. */
export const DIVISIONS = /** @type {const} */ (["quantile", "natural", "equal", "log"]);
const MOST = 4;

/**
 * The limits as the service wants them, "5,20"; null where they are none. A comma divides limits, or, beside semicolons or
 * spaces, whole numbers from their decimals as in Russian.
 * @param {string} text
 * @param {boolean} twoSided whether they lie on both sides of zero, as those of a change
 */
export function readLimits(text, twoSided) {
  const apart = /[;\s]/.test(text.trim().replaceAll(/,\s+/g, ";")) ? text.trim().replaceAll(/,\s+/g, ";") : text.trim().replaceAll(",", ";");
  const limits = apart.split(/[;\s]+/).filter(Boolean).map((part) => Number(part.replace(",", ".").replace("−", "-")));
  const ascending = limits.every((limit, at) => Number.isFinite(limit) && (at === 0 || limit > (limits[at - 1] ?? -Infinity)));
  if (!ascending || limits.length < 1 || limits.length > MOST) return null;
  if (twoSided && !(limits.length === 2 && (limits[0] ?? 0) < 0 && (limits[1] ?? 0) > 0)) return null;
  return limits.join(",");
}

/** @param {string} breaks of the address @returns {"quantile" | "natural" | "equal" | "log" | "own"} */
export function divisionOf(breaks) {
  return breaks ? (DIVISIONS.find((name) => name === breaks) ?? "own") : "quantile";
}
