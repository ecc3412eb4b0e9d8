/** Talking to the service. */

/** @import { Legend, Problem, Summary, View } from "./state.js" */
import { selectionQuery } from "./url.js";

const LOADING = 503;
/** What the totals depend on; the rest of a selection only says how the map is coloured. */
const COUNTED = ["sector", "theme", "source", "agency", "status", "duplicates", "district", "window", "from", "to"];

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
  const counted = [...new URLSearchParams(selectionQuery(view))].filter(([name]) => COUNTED.includes(name));
  return fetchJson(`/api/summary?${new URLSearchParams(counted)}`, signal);
}

/** @param {View} view @param {number} zoom @param {AbortSignal} signal @returns {Promise<Legend>} */
export function fetchLegend(view, zoom, signal) {
  const look = new URLSearchParams({ layer: view.layer, scheme: view.scheme, zoom: String(zoom) });
  const query = selectionQuery(view);
  return fetchJson(`/api/legend?${query}${query && "&"}${look}`, signal);
}

/** @param {import("./state.js").Layer} layer @returns {Promise<{ bounds: [number, number, number, number], attribution: string }>} */
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
  return `${location.origin}/tiles/${view.layer}/{z}/{x}/{y}.mvt${query && "?"}${query}`;
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
  throw new ApiError({ kind, allowed: document.allowed, detail: document.detail ?? `${response.status} ${response.statusText}` });
}
