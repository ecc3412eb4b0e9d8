/** What the service's answers hold, as far as the page shows it; docs/statistics.md has them whole. */

/** @import { Named } from "./state.js" */

/** @typedef {{ count: number, open: number, overdue: number, closed: number }} Tally */
/** @typedef {{ share_closed: number | null, share_on_time: number | null, n_judged: number, change: number | null, n_compared: number | null }} Rates */
/** @typedef {{ answer_hours: number | null, n_answered: number, close_hours: number | null, n_closed_timed: number }} Times */
/** @typedef {Tally & Rates & Times} Measured */
/** @typedef {{ code: string, name: Named }} Entry */
/**
 * @typedef {Measured & Entry & {
 *   level: string, per_1000: number | null, per_km2: number | null, rank: number | null, population: number | null,
 *   leading_theme: (Entry & { n: number }) | null,
 * }} DistrictRow
 */
/** @typedef {{ window: { from: string, to: string }, compare: { by: "previous" | "year", from: string, to: string } | null, time_zone: string, revision: number }} Resolved */
/** @typedef {Resolved & { level: string, districts: DistrictRow[], total: Measured, without_district: Measured }} Districts */
/** @typedef {Resolved & { measures: Measured }} ComparedSummary */
/** @typedef {Tally & Rates & { from: string, to: string, partial: boolean }} Bucket */
/** @typedef {Entry & { n: number[], open: number[], overdue: number[] }} Series */
/** @typedef {Resolved & { bucket: string, buckets: Bucket[], total: Tally & Rates, series?: Series[] }} Timeline */
/**
 * @typedef {object} Incident
 * @property {number} id
 * @property {string} received_at @property {string | null} due_at @property {string | null} answered_at @property {string | null} closed_at
 * @property {boolean} overdue @property {string} status @property {string | null} sector @property {string} theme
 * @property {string | null} source @property {string | null} agency @property {string | null} district
 * @property {number | null} lng @property {number | null} lat @property {string | null} h3 @property {string} precision
 * @property {string | null} [external_id] @property {string | null} [source_url] of one incident
 * @property {string | null} [text] @property {string | null} [address] only with a key that may read them
 */
/** @typedef {Record<"status" | "sector" | "theme" | "source" | "agency" | "district", Record<string, Named>>} Names */
/** @typedef {Resolved & { order: string, incidents: Incident[], next: string | null, names: Names }} IncidentList */
/** @typedef {{ incident: Incident, names: Names, time_zone: string, revision: number }} OneIncident */
/** @typedef {{ value: number, rank: number, of: number, median: number }} Among */
/** What people write about in a place, with how many came in the compared window; and its settlements. @typedef {{ themes: (Entry & { n: number, n_compared: number | null })[], settlements: { key: string, name: Named, lng: number, lat: number, n: number, n_compared: number | null }[] }} Portrait */
/**
 * @typedef {Resolved & Portrait & {
 *   district: DistrictRow & { approximate: boolean, area_km2: number }, ancestors: (Entry & { level: string })[], children: DistrictRow[], without_child: Measured,
 *   sectors: (Tally & Entry & { share: number })[], timeline: { bucket: string, buckets: Bucket[] }, among: Record<string, Among | null>,
 * }} DistrictAnswer
 */
/** name: of its largest settlement, or of the nearest one; null where there is none near @typedef {Measured & { h3: string, lng: number, lat: number, name: Named | null }} Cell */
/** @typedef {Resolved & Portrait & { resolution: number, cell: Cell, neighbours: Cell[], timeline: { bucket: string, buckets: Bucket[] } }} CellAnswer */

export {};
