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
  return new Intl.DateTimeFormat(language, {
    timeZone,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  }).format(new Date(instant));
}

/**
 * The half-open window as the first and the last day in it.
 * @param {Language} language @param {Pick<Summary, "window" | "data" | "time_zone">} summary
 */
export function formatWindow(language, { window, data, time_zone: timeZone }) {
  let [from, last] = [Date.parse(window.from), Date.parse(window.to) - 1];
  // Of less than a day its days say too little; and its end is an instant, not a day that is in it.
  const hours = last + 1 - from < DAY_MS;
  const [first, newest] = [Date.parse(data.first ?? ""), Date.parse(data.last ?? "")];
  // "All data" asks from the beginning of time to its end: the data's own ends say more.
  if (first <= last && newest >= from) [from, last] = [Math.max(from, first), Math.min(last, newest)];
  const format = new Intl.DateTimeFormat(language, {
    timeZone,
    day: "numeric",
    month: "long",
    year: "numeric",
    ...(hours ? { hour: "2-digit", minute: "2-digit" } : {}),
  });
  return format.formatRange(from, hours ? last + 1 : last);
}

/** @typedef {"today" | "yesterday" | "week" | "lastWeek" | "month" | "lastMonth"} Preset */

/**
 * Days of the calendar as the address has them; weeks begin on Monday.
 * @param {Preset} preset @param {string} today
 * @returns {{ from: string, to: string }} half-open
 */
export function presetDays(preset, today) {
  const monday = addDays(today, -((new Date(`${today}T00:00:00Z`).getUTCDay() + 6) % 7));
  const first = `${today.slice(0, 8)}01`;
  const firstBefore = `${addDays(first, -1).slice(0, 8)}01`;
  const tomorrow = addDays(today, 1);
  return {
    today: { from: today, to: tomorrow },
    yesterday: { from: addDays(today, -1), to: today },
    week: { from: monday, to: tomorrow },
    lastWeek: { from: addDays(monday, -7), to: monday },
    month: { from: first, to: tomorrow },
    lastMonth: { from: firstBefore, to: first },
  }[preset];
}
