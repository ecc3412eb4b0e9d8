/** Talking to the service. */

/** @import { Legend, Problem, Summary, View } from "./state.js" */
import { selectionQuery } from "./url.js";

const LOADING = 503;

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
  return fetchJson(`/api/summary?${selectionQuery(view)}`, signal);
}

/** @param {View} view @param {number} zoom @param {AbortSignal} signal @returns {Promise<Legend>} */
export function fetchLegend(view, zoom, signal) {
  const query = selectionQuery(view);
  return fetchJson(`/api/legend?${query}${query && "&"}zoom=${zoom}`, signal);
}

/** @returns {Promise<{ bounds: [number, number, number, number] }>} */
export function fetchTileJson() {
  return fetchJson("/tiles/hexes.json");
}

/** @returns {Promise<import("geojson").FeatureCollection>} */
export function fetchPlaces() {
  return fetchJson("/api/places");
}

/** @param {View} view */
export function tilesAddress(view) {
  const query = selectionQuery(view);
  return `${location.origin}/tiles/hexes/{z}/{x}/{y}.mvt${query && "?"}${query}`;
}

/**
 * A packed file of our own.
 * @param {string} path
 * @returns {Promise<any>}
 */
export async function fetchPacked(path) {
  const response = await request(path);
  return new Response(response.body?.pipeThrough(new DecompressionStream("gzip"))).json();
}

/** @param {string} path @param {AbortSignal} [signal] @returns {Promise<any>} */
async function fetchJson(path, signal) {
  return (await request(path, signal)).json();
}

/** @param {string} path @param {AbortSignal} [signal] */
async function request(path, signal) {
  const response = await fetch(path, { signal: signal ?? null }).catch((/** @type {Error} */ cause) => {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError({ kind: "unreachable", detail: "" });
  });
  if (response.ok) return response;
  const document = await response.json().catch(() => ({}));
  const kind = response.status === LOADING ? "loading" : "refused";
  throw new ApiError({ kind, detail: document.detail ?? `${response.status} ${response.statusText}` });
}
