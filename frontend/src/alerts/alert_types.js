/** What /api/alerts and /api/changes answer, as far as the page shows it; docs/alerts.md and docs/statistics.md have them whole. */

/** @import { Resolved } from "../page/answer_types.js" */
/** @import { Named } from "../page/state.js" */

/** @typedef {{ code: string, name: Named }} Coded */
/** @typedef {{ value: "real" | "not_real", note: string, by: string | null, at: string }} Verdict */
/**
 * @typedef {object} Alert
 * @property {number} id
 * @property {"local" | "totals"} layer
 * @property {"open" | "closed"} state
 * @property {Coded | null} theme null: of a whole sector
 * @property {Coded} sector
 * @property {{ key: string, name: Named, lng: number, lat: number, cell: string | null }} place key: `s:` settlement, `h:` hexagon, `d:` district, `r:` region
 * @property {Coded | null} district
 * @property {{ key: string, name: Named }[]} places
 * @property {{ id: number, alerts: number } | null} group
 * @property {string} since @property {string} detected @property {string} updated @property {string | null} closed
 * @property {string} window @property {number} n @property {number} expected @property {number} open
 * @property {number} recurrence_days @property {Named} recurrence
 * @property {{ at: string, n: number }} peak
 * @property {{ code: string | null, name: Named | null, n: number, open: number }[]} agencies
 * @property {Named} reason
 * @property {Verdict | null} verdict
 * @property {string} selection its own, of the map
 */
/**
 * thresholds: by layer, none before the service has learnt from the last year; checked: when it last looked for what is unusual, null before the
 * first time
 * @typedef {{ alerts: Alert[], total: number, thresholds: Record<string, unknown>, checked?: string | null, time_zone: string }} AlertsAnswer
 */
/**
 * @typedef {object} Change
 * @property {Coded | null} [district] @property {Coded | null} [theme]
 * @property {number} n @property {number} n_compared @property {number} log10_p @property {"up" | "down"} direction
 */
/** @typedef {Resolved & { changes: Change[], min_incidents: number }} ChangesAnswer */

/** Each hour's, or day's, messages and what would be usual in it. @typedef {{ bucket: "hour" | "day", buckets: { from: string, n: number, expected: number }[] }} AlertSeries */
/** near it first @typedef {{ key: string, name: Named, lng: number, lat: number, km: number, n: number, expected: number }} Neighbour */
/**
 * The answer of /api/alerts/{id}.
 * @typedef {Alert & { evidence: {
 *   n: number, series: AlertSeries, by_agency: Alert["agencies"], by_status: (Coded & { n: number })[], neighbours: Neighbour[],
 * } }} AlertEvidence
 */

export {};
