/** Own limits of classes, as people type them and as the service takes them. */

import { formatNumber } from "../words/i18n.js";

/** The service's own ways of dividing. */
export const DIVISIONS = /** @type {const} */ (["quantile", "natural", "equal", "log"]);
const MOST = 4;
/** Floating point has more digits than anybody typed. */
const DIGITS = 12;

/** Whether people read and type the measure in per cent; the service has shares of one. @param {string} measure */
export function inPercent(measure) {
  return measure === "change" || measure === "answered_late" || measure.startsWith("share");
}

/**
 * The limits as the service wants them, "5,20"; null where they are none. A comma divides limits, or, beside semicolons or
 * spaces, whole numbers from their decimals as in Russian.
 * @param {string} text
 * @param {string} measure what they are limits of
 */
export function readLimits(text, measure) {
  const typed = text.trim().replaceAll(/\s*%/g, "").replaceAll(/,\s+/g, ";");
  const apart = /[;\s]/.test(typed) ? typed : typed.replaceAll(",", ";");
  const limits = apart
    .split(/[;\s]+/)
    .filter(Boolean)
    .map((part) => Number(part.replace(",", ".").replace("−", "-")));
  const ascending = limits.every((limit, at) => Number.isFinite(limit) && (at === 0 || limit > (limits[at - 1] ?? -Infinity)));
  if (!ascending || limits.length < 1 || limits.length > MOST || !within(limits, measure)) return null;
  return limits.map((limit) => scaled(limit, inPercent(measure) ? 0.01 : 1)).join(",");
}

/**
 * The address's limits as they are typed: "5; 20".
 * @param {string} breaks @param {string} measure @param {import("../page/state.js").Language} language
 */
export function typedLimits(breaks, measure, language) {
  const limits = breaks.split(",").map(Number);
  // What the service will refuse stays to be seen.
  if (limits.some(Number.isNaN)) return breaks;
  return limits
    .map((limit) => formatNumber(language, scaled(limit, inPercent(measure) ? 100 : 1), { useGrouping: false, maximumFractionDigits: 10 }))
    .join("; ");
}

/** @param {string} breaks of the address @returns {"quantile" | "natural" | "equal" | "log" | "own"} */
export function divisionOf(breaks) {
  return breaks ? (DIVISIONS.find((name) => name === breaks) ?? "own") : "quantile";
}

/** Whether values of the measure can lie on both sides of each limit. @param {readonly number[]} limits @param {string} measure */
function within(limits, measure) {
  const [first = 0, last = 0] = [limits[0], limits.at(-1)];
  if (measure === "change") return limits.length === 2 && first < 0 && first >= -100 && last > 0;
  return first > 0 && (!inPercent(measure) || last <= 100);
}

/** @param {number} limit @param {number} by */
function scaled(limit, by) {
  return Number((limit * by).toPrecision(DIGITS));
}
