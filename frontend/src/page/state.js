/** What the page's store holds. */

/** @import { AlertsAnswer } from "../alerts/alert_types.js" */
/** @import { AnswerState } from "./answers.js" */

/** @typedef {"ru" | "en"} Language */
/** @typedef {"light" | "dark"} Scheme */
/** @typedef {"hexes" | "districts" | "density"} Layer */
/** @typedef {"count" | "open" | "overdue"} Measure the counts, each with its total; an address may name any measure that the service knows */
/** @typedef {"region" | "district" | "settlement"} Level */
/** @typedef {"sector" | "theme" | "source" | "agency" | "status" | "district" | "deadline"} Dimension by which incidents are broken down */
/** @typedef {"received" | "due"} Order of a list of incidents: the newest first, or by deadline */
/** @typedef {"filters" | "overview" | "now" | "analysis" | "share"} Tab what stands beside the map; a selected place stands in its stead; the filters have a column of their own where there is room */

/**
 * What the address holds, beside the map's own `map=zoom/lat/lng`.
 * @typedef {object} View
 * @property {readonly string[]} sectors codes; none means all
 * @property {string} window "7d" and the like, "all", or "" when from and to are given
 * @property {string} from first day shown, or an RFC 3339 instant; "" when there is none
 * @property {string} to the day after the last one shown, or an instant: the interval is half-open
 * @property {string} around the wider window in which from and to were chosen, as dock/around.js has it; "" when there is none
 * @property {"" | "previous" | "year"} compare the window beside which the numbers stand; "" for none
 * @property {string} measure
 * @property {string} breaks how values are divided into classes; "" for the service's own way
 * @property {Language} language
 * @property {string} cell the H3 index of the selected hexagon, or the code of the selected district, or ""
 * @property {string} incident the id of the selected incident, or ""
 * @property {string} alert the id of the opened alert, or ""
 * @property {Order} list which list of incidents stands beside the map
 * @property {Readonly<Record<string, string>>} filters other parameters of the selection, passed on as they came
 * @property {Layer} layer
 * @property {Level | ""} level which districts are shown; "" where the zoom decides
 * @property {Tab | ""} tab "" where the panel beside the map is folded away
 * @property {Scheme} scheme
 * @property {Scheme | ""} look the scheme that the reader has chosen; "" follows the reader's system
 * @property {Dimension} by what two windows are set side by side by
 * @property {readonly [Dimension, Dimension]} cross rows and columns of the cross-table
 * @property {boolean} worst whether the rating of agencies begins with the worst
 * @property {string} channel source and deadline rule whose hours the rating shows, with a space between; "" for each agency's main one
 * @property {boolean} wide whether the panel beside the map takes much of it, for wide tables
 */

/** @typedef {{ n: number, open: number, overdue: number }} Counts */
/** @typedef {Record<Language, string>} Named */
/** @typedef {Counts & { code: string, name: Named }} Group */
/**
 * A hexagon or a district; its key as in `View.cell`. `before`: how many there were in the compared window, null without one;
 * `significant`: whether the difference is more than chance.
 * @typedef {Counts & { key: string, name: Named | null, value: number | null, class: number | null, before: number | null, significant: boolean }} Area
 */

/**
 * The answer of /api/summary.
 * @typedef {Counts & {
 *   closed: number, window: { from: string, to: string }, data: { first: string | null, last: string | null },
 *   revision: number, generated_at: string, time_zone: string, synthetic: number, attribution: string,
 *   sectors: Group[], sources: Group[],
 * }} Summary
 */

/** from and to are null, and there is a name, where a measure has classes of its own that the values do not decide @typedef {{ class: number, from: number, to: number, color: string, name?: Named, cells?: number, districts?: number, incidents?: number }} LegendClass */

/**
 * The answer of /api/legend.
 * @typedef {object} Legend
 * @property {string} measure
 * @property {Named} label
 * @property {Named} unit
 * @property {number} [resolution] of H3, of hexagons
 * @property {LegendClass[]} classes
 * @property {number} [cells] how many hexagons are coloured
 * @property {number} [districts] or districts
 * @property {number} [kernel_km] of density: standard deviation of the kernel @property {number} [peak] its greatest value
 * @property {{ name: string, colors: string[] }} palette
 * @property {number} [without_value] how many have incidents, but nothing to take the measure from
 * @property {{ class: number, p: number }} [significance] the class of what chance explains
 */

/**
 * @typedef {object} Problem
 * @property {"loading" | "busy" | "refused" | "failed" | "unreachable"} kind
 * @property {string} detail in the service's English, for those who look after it
 * @property {string} id the request's, in the service's log
 * @property {string} [code] what is wrong: see words/refusal.js
 * @property {string} [parameter] @property {string} [value] what is wrong in the address
 * @property {unknown} [allowed] the allowed values, or what is allowed in English
 * @property {Record<string, Named>} [names] of allowed values, by code
 */
/** @typedef {{ state: "connecting" | "live" | "away", at: number | null, since: number | null }} Live `at`: last change, `since`: when the stream broke, ms since 1970 */
/**
 * Where the selected place is, for the map to go there.
 * @typedef {object} Spot
 * @property {string} key what is selected, in words of the view
 * @property {[number, number, number, number] | null} bounds west, south, east, north of an area
 * @property {[number, number] | null} point lng, lat of an incident or of a hexagon's middle
 * @property {number} zoom at which it can be seen well
 * @property {[number, number]} seen the zooms between which it can be seen at all
 * @property {string} mark how precisely the incident's place is known; "" where nothing is to be marked
 */

/**
 * A playback: its frames lie between the edges.
 * @typedef {object} Playing
 * @property {string} query of the tiles with the frames
 * @property {string} choice what is played, to see that it is still the choice
 * @property {string[]} edges RFC 3339, one more than there are frames
 * @property {{ class: number, from: number, color: string }[]} classes the same for all frames: one of `domains`
 * @property {{ frame: Playing["classes"], whole: Playing["classes"] }} domains of single frames, and of what has come up to a frame
 * @property {Partial<View>} former what of the view was another thing before, and is put back at the end
 * @property {boolean} growing whether what has come up to the frame is shown, not the frame alone
 * @property {number} frame
 * @property {boolean} running
 */

/** @typedef {{ code: string, name: Named }} Region */

/**
 * @typedef {object} State
 * @property {View} view
 * @property {number} zoom whole zoom of the tiles shown; -1 before there is a map
 * @property {0 | 1} finer by how many zooms hexagons are finer than usual
 * @property {Summary | null} summary
 * @property {Legend | null} legend
 * @property {Problem | null} problem
 * @property {boolean} busy an answer to the last choice is on its way
 * @property {Live} live
 * @property {Area | null} selected the numbers of the selected hexagon or district, once they are known
 * @property {AnswerState<AlertsAnswer> | null} alerts the open alerts of the chosen sectors, themes and districts; null before they were asked for
 * @property {{ former: Partial<View>, narrowed: Partial<View> } | null} beforeAlert what was chosen before an alert narrowed the choice, to be put back
 *   when it is closed, and what it was narrowed to
 * @property {Spot | null} spot
 * @property {string} place where the map is: zoom/latitude/longitude; "" where there is none
 * @property {(() => Promise<unknown>) | null} picture saves the map as a picture; null where there is no map
 * @property {(() => Promise<unknown>) | null} print prints the page as a report; null where there is no map
 * @property {number} listed how many incidents the list beside the map holds at most
 * @property {ReadonlyMap<string, Named>} names of codes that filters hold, by "filter code", as far as they are known
 * @property {Legend | null} points of incidents one by one, once they are on the map
 * @property {Playing | null} playing
 * @property {readonly Region[]} regions that are loaded; empty before they are known
 * @property {number | null} lit the class of areas that is picked out in the legend
 * @property {(() => Promise<unknown>) | null} drawn resolves when the map has drawn what it was told; null where there is no map
 * @property {{ text: string, address: boolean }} sought what is searched, and whether addresses are searched as well
 * @property {{ scopes: readonly string[], scopes_of_keys: readonly string[] } | null} access what the reader's key allows, and what keys can allow here; null
 *   before it was asked for
 * @property {number} arrived how many new incidents have come since the page was opened
 * @property {number} tick grows when the data may have changed, every few seconds at most: see answers.js
 */

/** @typedef {import("./store.js").Store<State>} PageStore */

export {};
