/** Talking to the service. */

/** @import { Legend, Problem, Summary, View } from "./state.js" */
import { serviceRoot } from "./service.js";
import { countedQuery, selectionQuery } from "./url.js";

/** The service is there, but has no hands free: problem types beside that of loading. */
const BUSY = ["/problems/overloaded", "/problems/database-unavailable"];

/** An answer that is not the one asked for, in the service's own words where it had any. */
export class ApiError extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** @param {View} view @param {AbortSignal} signal @returns {Promise<Summary>} */
export function fetchSummary(view, signal) {
  return fetchJson(`/api/summary?${countedQuery(view)}`, signal);
}

/** @param {View} view @param {number} zoom @param {AbortSignal} signal @returns {Promise<Legend>} */
export function fetchLegend(view, zoom, signal) {
  const look = new URLSearchParams({ layer: view.layer, scheme: view.scheme, zoom: String(zoom) });
  const query = selectionQuery(view);
  return fetchJson(`/api/legend?${query}${query && "&"}${look}`, signal);
}

/**
 * @param {import("./state.js").Layer} layer
 * @returns {Promise<{ "geo:bounds": [number, number, number, number], attribution: string }>} geo:bounds: where the data are, west > east across the antimeridian
 */
export function fetchTileJson(layer) {
  return fetchJson(`/tiles/${layer}.json`);
}

/** @returns {Promise<import("geojson").FeatureCollection>} */
export function fetchPlaces() {
  return fetchJson("/api/places");
}

/** @param {View} view */
export function tilesAddress(view) {
  const query = selectionQuery(view);
  return `${serviceRoot()}/tiles/${view.layer}/{z}/{x}/{y}.mvt${query && "?"}${query}`;
}

/**
 * An answer as it stands now: what the browser has kept is shown only where the service says that it still holds.
 * @param {string} path below the service's address @param {AbortSignal} [signal] @returns {Promise<any>}
 */
export async function fetchJson(path, signal) {
  return (await request(path, { signal: signal ?? null, cache: "no-cache" })).json();
}

/** @param {string} path @param {RequestInit} how */
async function request(path, how) {
  const response = await fetch(`${serviceRoot()}${path}`, how).catch((/** @type {Error} */ cause) => {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError({ kind: "unreachable", detail: "", id: "" });
  });
  if (response.ok) return response;
  const document = await response.json().catch(() => ({}));
  const kind = kindOf(response.status, document.type);
  const id = response.headers.get("X-Request-ID") ?? "";
  const { code, parameter, value, allowed, allowed_names: names } = document;
  const detail = document.detail ?? `${response.status} ${response.statusText}`;
  throw new ApiError({ kind, id, detail, code, parameter, value, allowed, names });
}

/** @param {number} status @param {string | undefined} type of the problem document @returns {Problem["kind"]} */
export function kindOf(status, type = "") {
  if (status < 500) return "refused";
  if (status === 503) return BUSY.includes(type) ? "busy" : "loading";
  // A proxy found nobody behind it.
  return status === 502 || status === 504 ? "unreachable" : "failed";
}
