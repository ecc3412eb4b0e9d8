/** Days in the service's time zone, written 2026-11-24. */

/** @import { Language, Summary } from "../page/state.js" */

const DAY_MS = 86_400_000;

/** @param {string} instant RFC 3339 @param {string} timeZone @returns {string} the day in which it lies there */
export function dayOf(instant, timeZone) {
  // The Swedish way of writing a date is the one wanted.
  return new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" }).format(new Date(instant));
}

/** @param {string} day @param {number} days */
export function addDays(day, days) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** @param {string} text */
export function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** @param {Language} language @param {string} instant @param {string} timeZone */
export function formatDay(language, instant, timeZone) {
  return new Intl.DateTimeFormat(language, { timeZone, dateStyle: "medium" }).format(new Date(instant));
}

/** Day and time. @param {Language} language @param {string} instant @param {string} timeZone */
export function formatMoment(language, instant, timeZone) {
  return new Intl.DateTimeFormat(language, { timeZone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(new Date(instant));
}

/**
 * The half-open window as the first and the last day in it.
 * @param {Language} language @param {Pick<Summary, "window" | "data" | "time_zone">} summary
 */
export function formatWindow(language, { window, data, time_zone: timeZone }) {
  let [from, last] = [Date.parse(window.from), Date.parse(window.to) - 1];
  const [first, newest] = [Date.parse(data.first ?? ""), Date.parse(data.last ?? "")];
  // "All data" asks from the beginning of time to its end: the data's own ends say more.
  if (first <= last && newest >= from) [from, last] = [Math.max(from, first), Math.min(last, newest)];
  const format = new Intl.DateTimeFormat(language, { timeZone, day: "numeric", month: "short", year: "numeric" });
  return format.formatRange(from, last);
}
