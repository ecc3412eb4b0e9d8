/** The rows that the live list shows: what has come, and what waits so that the list does not jump under a reader's hands. */

/** @import { Incident } from "../page/answer_types.js" */

/**
 * @typedef {object} Rows
 * @property {string} question what the rows answer
 * @property {readonly Incident[]} shown
 * @property {readonly Incident[] | null} waiting the rows as they should be, while the shown ones are held
 * @property {number} newest the greatest id that has been in an answer to this question
 * @property {number} came how many have come since the answer before
 * @property {ReadonlyMap<number, number>} arrived when what has come since the first answer came, ms since 1970
 */

/** How long a row is said to have just come, ms. */
export const FRESH_MS = 60_000;

/**
 * The rows after an answer.
 * @param {Rows | null} rows those before it
 * @param {string} question @param {readonly Incident[]} fresh the answer
 * @param {boolean} held whether a reader has the list in hand
 * @param {number} now ms since 1970
 * @returns {Rows}
 */
export function nextRows(rows, question, fresh, held, now) {
  const newest = Math.max(0, rows?.question === question ? rows.newest : 0, ...fresh.map(({ id }) => id));
  if (rows?.question !== question) return { question, shown: fresh, waiting: null, newest, came: 0, arrived: new Map() };
  const arrived = new Map([...rows.arrived].filter(([, at]) => now - at < FRESH_MS));
  // Ids ascend: others that were not in the answer before have only moved up, or were asked for.
  const later = fresh.filter(({ id }) => id > rows.newest);
  for (const { id } of later) arrived.set(id, now);
  const came = later.length;
  if (!held || sameOrder(rows.shown, fresh)) return { question, shown: fresh, waiting: null, newest, came, arrived };
  const latest = new Map(fresh.map((incident) => [incident.id, incident]));
  // What a held row says is kept true, and what was asked for comes below; which rows there are waits.
  const shown = rows.shown.map((incident) => latest.get(incident.id) ?? incident);
  const last = fresh.findIndex(({ id }) => id === shown.at(-1)?.id);
  return { question, shown: last < 0 ? shown : [...shown, ...fresh.slice(last + 1)], waiting: fresh, newest, came, arrived };
}

/** @param {readonly Incident[]} one @param {readonly Incident[]} other */
function sameOrder(one, other) {
  return one.length === other.length && one.every(({ id }, at) => id === other[at]?.id);
}

/** Show what has waited. @param {Rows} rows @returns {Rows} */
export function released(rows) {
  return { ...rows, shown: rows.waiting ?? rows.shown, waiting: null };
}

/** How many rows wait that are not shown yet. @param {Rows} rows */
export function waitingCount({ shown, waiting }) {
  const ids = new Set(shown.map(({ id }) => id));
  return waiting?.filter(({ id }) => !ids.has(id)).length ?? 0;
}

/**
 * Says how many have come, at most once in a while: what comes meanwhile is added up.
 * @param {(count: number) => void} say @param {number} ms
 * @returns {(count: number) => void}
 */
export function createAnnouncer(say, ms) {
  let waiting = false;
  let unannounced = 0;
  const announce = () => {
    waiting = unannounced > 0;
    if (!waiting) return;
    say(unannounced);
    unannounced = 0;
    setTimeout(announce, ms);
  };
  return (count) => {
    unannounced += count;
    if (!waiting) announce();
  };
}
