/** What is asked about the selected place or alert: its numbers, those of the window before, where it belongs, its latest incidents. */

/** @import { CellAnswer, DistrictAnswer, Entry, Incident, IncidentList, Measured, OneIncident } from "../page/answer_types.js" */
/** @import { AlertEvidence } from "../alerts/alert_types.js" */
/** @import { State } from "../page/state.js" */
import { keyHeaders } from "../page/access.js";
import { fetchJson } from "../page/api.js";
import { comparison, countedQuery } from "../page/url.js";

const LATEST = 5;
/** Hexagons of a district that are looked through for those with most; finer ones would be more than these. */
const MOST_HEXAGONS = 400;
/** Above so many km² hexagons of the coarser resolution are taken. */
const LARGE_KM2 = 1500;
const [FINE, COARSE] = [7, 6];

/** @typedef {Entry & { level: string }} Ancestor */
/** @typedef {{ kind: "district", now: DistrictAnswer, before: DistrictAnswer | null, latest: IncidentList, hexagons: { h3: string, lng: number, lat: number, count: number }[], bounds: Bounds | null }} DistrictPlace */
/** @typedef {{ kind: "hexagon", now: CellAnswer, before: CellAnswer | null, latest: IncidentList, lineage: Ancestor[] }} HexagonPlace */
/** @typedef {OneIncident & { kind: "incident", lineage: Ancestor[] }} IncidentPlace */
/** bounds: of the district that it is about, null for other places @typedef {{ kind: "alert", alert: AlertEvidence, latest: IncidentList, lineage: Ancestor[], bounds: Bounds | null }} AlertPlace */
/** @typedef {DistrictPlace | HexagonPlace | IncidentPlace | AlertPlace} Place */
/** @typedef {[number, number, number, number]} Bounds */

/** What to ask, as one address; null where nothing is selected. @param {State} state */
export function placeAddress({ view }) {
  const { incident, alert, cell, layer } = view;
  if (incident) return `/api/incidents/${encodeURIComponent(incident)}`;
  if (alert) return `/api/alerts/${alert}`;
  if (!cell) return null;
  const query = countedQuery(view, { compare: comparison(view) });
  return `/api/${layer === "districts" ? "districts" : "cells"}/${encodeURIComponent(cell)}?${query}`;
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<Place>} */
export function fetchPlace(address, signal) {
  const kind = address.split("/")[2];
  if (kind === "alerts") return fetchAlert(address, signal);
  return kind === "districts"
    ? fetchDistrict(address, signal)
    : kind === "cells"
      ? fetchHexagon(address, signal)
      : fetchIncident(address, signal);
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<DistrictPlace>} */
async function fetchDistrict(address, signal) {
  /** @type {DistrictAnswer} */
  const now = await fetchJson(address, signal);
  const { code, area_km2: area } = now.district;
  const within = { ...filtersOf(address), district: narrower(address, now) };
  const resolution = area > LARGE_KM2 ? COARSE : FINE;
  const [before, latest, hexagons, bounds] = await Promise.all([
    fetchBefore(address, now, signal),
    fetchJson(`/api/incidents?${new URLSearchParams({ ...within, limit: String(LATEST) })}`, signal),
    now.district.count
      ? kept(
          `/ogc/collections/hexes/items?${new URLSearchParams({ ...within, resolution: String(resolution), limit: String(MOST_HEXAGONS) })}`,
          mostOf,
        ).catch(() => [])
      : [],
    boundsOfDistrict(code),
  ]);
  return { kind: "district", now, before, latest, hexagons, bounds };
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<HexagonPlace>} */
async function fetchHexagon(address, signal) {
  /** @type {CellAnswer} */
  const now = await fetchJson(address, signal);
  const [before, latest] = await Promise.all([
    fetchBefore(address, now, signal),
    fetchJson(`/api/incidents?${new URLSearchParams({ ...filtersOf(address), cell: now.cell.h3, limit: String(LATEST) })}`, signal),
  ]);
  return { kind: "hexagon", now, before, latest, lineage: await lineageOf(commonDistrict(latest.incidents)) };
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<IncidentPlace>} */
async function fetchIncident(address, signal) {
  /** @type {OneIncident} */
  const answer = await fetchJson(address, signal, keyHeaders());
  return { kind: "incident", ...answer, lineage: await lineageOf(answer.incident.district) };
}

/** @param {string} address @param {AbortSignal} signal @returns {Promise<AlertPlace>} */
async function fetchAlert(address, signal) {
  /** @type {AlertEvidence} */
  const alert = await fetchJson(address, signal);
  const [kind, code = ""] = alert.place.key.split(/:(.*)/s);
  const [latest, lineage, bounds] = await Promise.all([
    fetchJson(`/api/incidents?${alert.selection}&limit=${LATEST}`, signal),
    lineageOf(alert.district?.code ?? null),
    kind === "d" ? boundsOfDistrict(code) : null,
  ]);
  return { kind: "alert", alert, latest, lineage, bounds };
}

/** Null where it has none. @param {string} code @returns {Promise<Bounds | null>} */
function boundsOfDistrict(code) {
  return kept(`/ogc/collections/districts/items/${encodeURIComponent(code)}`, boundsOf).catch(() => null);
}

/**
 * The same over the compared window.
 * @template {DistrictAnswer | CellAnswer} Answer
 * @param {string} address @param {Answer} now @param {AbortSignal} signal @returns {Promise<Answer | null>}
 */
async function fetchBefore(address, now, signal) {
  if (!now.compare) return null;
  const { window: _, ...filters } = filtersOf(address);
  const { from, to } = now.compare;
  return fetchJson(`${address.split("?")[0]}?${new URLSearchParams({ ...filters, from, to })}`, signal);
}

/** The selection in an address. @param {string} address @returns {Record<string, string>} */
function filtersOf(address) {
  const { compare: _, ...filters } = Object.fromEntries(new URLSearchParams(address.split("?")[1]));
  return filters;
}

/** The district whose incidents are listed: the place, or what is selected within it. @param {string} address @param {DistrictAnswer} answer */
export function narrower(address, { district: { code }, ancestors }) {
  const chosen = filtersOf(address)["district"];
  const around = [code, ...ancestors.map((ancestor) => ancestor.code)];
  return chosen === undefined || chosen.split(",").some((one) => around.includes(one)) ? code : chosen;
}

/** The district of most of the incidents; hexagons know none of their own. @param {readonly Incident[]} incidents @returns {string | null} */
export function commonDistrict(incidents) {
  const known = incidents.flatMap(({ district }) => district ?? []);
  const times = (/** @type {string} */ code) => known.filter((one) => one === code).length;
  return known.toSorted((one, other) => times(other) - times(one))[0] ?? null;
}

/** The district and those around it, the largest first; nothing where nobody knows. @param {string | null} code @returns {Promise<Ancestor[]>} */
async function lineageOf(code) {
  if (code === null) return [];
  const read = (/** @type {DistrictAnswer} */ { ancestors, district }) => [
    ...ancestors,
    { code, name: district.name, level: district.level },
  ];
  return kept(`/api/districts/${encodeURIComponent(code)}?window=24h`, read).catch(() => []);
}

/** What hardly changes while a place is looked at, ms. */
const KEPT_MS = 60_000;
/** @type {Map<string, { until: number, answer: Promise<any> }>} */
const answers = new Map();

/**
 * An answer that may be a minute old; what is out of date is forgotten.
 * @template Read @param {string} address @param {(answer: any) => Read} read @returns {Promise<Read>}
 */
function kept(address, read) {
  const now = Date.now();
  for (const [key, { until }] of answers) if (until < now) answers.delete(key);
  const known = answers.get(address)?.answer;
  if (known) return known;
  const answer = fetchJson(address).then(read);
  answers.set(address, { until: now + KEPT_MS, answer });
  answer.catch(() => answers.delete(address));
  return answer;
}

/** The hexagons with most incidents. @param {{ features: { geometry: { coordinates: [number, number][][] }, properties: Measured & { h3: string } }[] }} collection */
function mostOf({ features }) {
  const all = features.map(({ geometry, properties: { h3, count } }) => ({ h3, count, ...middleOf(geometry.coordinates[0] ?? []) }));
  return all.toSorted((one, other) => other.count - one.count).slice(0, LATEST);
}

/** Of a hexagon's corners, the first of which comes last again. @param {readonly [number, number][]} ring */
function middleOf(ring) {
  const corners = ring.slice(1);
  const mean = (/** @type {readonly number[]} */ values) => values.reduce((all, one) => all + one, 0) / Math.max(1, values.length);
  return { lng: mean(corners.map(([lng]) => lng)), lat: mean(corners.map(([, lat]) => lat)) };
}

/** The box around a feature; one that lies on both sides of the antimeridian goes beyond 180°. @param {{ geometry: { coordinates: unknown[] } }} feature @returns {Bounds} */
export function boundsOf({ geometry }) {
  const numbers = /** @type {number[]} */ (geometry.coordinates.flat(Infinity));
  const lngs = numbers.filter((_, at) => at % 2 === 0);
  const lats = numbers.filter((_, at) => at % 2 === 1);
  const wide = Math.max(...lngs) - Math.min(...lngs) > 180;
  const turned = wide ? lngs.map((lng) => (lng < 0 ? lng + 360 : lng)) : lngs;
  return [Math.min(...turned), Math.min(...lats), Math.max(...turned), Math.max(...lats)];
}
