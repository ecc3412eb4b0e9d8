/** Talking to the service. */

/** @import { Legend, Problem, State, Summary, View } from "./state.js" */
import { serviceRoot } from "./service.js";
import { comparison, countedQuery, selectionQuery } from "./url.js";

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

/** The totals, and what they are compared with: the same address for all that show them, so that it is asked once. @param {View} view */
export function summaryAddress(view) {
  return `/api/summary?${countedQuery(view, { compare: comparison(view) })}`;
}

/** @param {View} view @param {AbortSignal} signal @returns {Promise<Summary>} */
export function fetchSummary(view, signal) {
  return fetchJson(summaryAddress(view), signal);
}

/** @param {View} view @param {Pick<State, "zoom" | "finer">} shown @param {AbortSignal} signal @returns {Promise<Legend>} */
export function fetchLegend(view, { zoom, finer }, signal) {
  const look = new URLSearchParams({ layer: view.layer, scheme: view.scheme, zoom: String(zoom), ...detailOf(finer) });
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

/** The parameter of finer hexagons and districts. @param {number} finer @returns {Record<string, string>} */
export function detailOf(finer) {
  return finer ? { detail: String(finer) } : {};
}

/** @param {View} view @param {number} finer as in `State` */
export function tilesAddress(view, finer) {
  const query = [selectionQuery(view), new URLSearchParams(detailOf(finer))].filter(String).join("&");
  return `${serviceRoot()}/tiles/${view.layer}/{z}/{x}/{y}.mvt${query && "?"}${query}`;
}

/**
 * An answer, or one that is on its way.
 * @typedef {object} Shared
 * @property {Promise<any>} answer
 * @property {AbortController} controller
 * @property {number} waiting how many wait for it
 * @property {boolean} come whether it has come
 */

/** Answers since the data last changed, by address: the same is asked once, however many parts of a page show it. @type {Map<string, Shared>} */
const answers = new Map();
const MOST_ANSWERS = 60;

/** To be called when the data, or the windows that end now, may have changed: what is asked from now on is asked anew. */
export function forgetAnswers() {
  answers.clear();
}

/**
 * An answer as it stands since `forgetAnswers`: what the browser has kept is shown only where the service says that it still holds.
 * @param {string} path below the service's address @param {AbortSignal} [signal] @param {Record<string, string>} [headers] such as a key: what
 *   it opens is shared with nobody, and kept nowhere
 * @returns {Promise<any>}
 */
export async function fetchJson(path, signal, headers) {
  if (headers && Object.keys(headers).length) return (await request(path, { signal: signal ?? null, cache: "no-store", headers })).json();
  const shared = answers.get(path) ?? share(path);
  shared.waiting += 1;
  try {
    return await (signal ? Promise.race([shared.answer, abortion(signal)]) : shared.answer);
  } finally {
    shared.waiting -= 1;
    if (shared.waiting === 0 && !shared.come) abandon(path, shared);
  }
}

/** Answers that the service worker had stored, as there is no connection, and when they came, ms since 1970. @type {WeakMap<object, number>} */
const stored = new WeakMap();

/** When a stored answer came, ms since 1970; null for one that came just now. @param {object | null} answer @returns {number | null} */
export function storedAt(answer) {
  return (answer && stored.get(answer)) ?? null;
}

/** @param {Response} response @returns {Promise<any>} */
async function readAnswer(response) {
  const answer = await response.json();
  const at = Number(response.headers.get("X-Geo-Stored"));
  if (at) stored.set(answer, at);
  return answer;
}

/** @param {string} path @returns {Shared} */
function share(path) {
  const controller = new AbortController();
  const answer = request(path, { signal: controller.signal, cache: "no-cache" }).then(readAnswer);
  const shared = { answer, controller, waiting: 0, come: false };
  answers.set(path, shared);
  answer.then(
    () => (shared.come = true),
    () => forget(path, shared),
  );
  for (const oldest of [...answers.keys()].slice(0, Math.max(0, answers.size - MOST_ANSWERS))) answers.delete(oldest);
  return shared;
}

/** Nobody waits for it any more. @param {string} path @param {Shared} shared */
function abandon(path, shared) {
  shared.controller.abort();
  forget(path, shared);
}

/** @param {string} path @param {Shared} shared */
function forget(path, shared) {
  if (answers.get(path) === shared) answers.delete(path);
}

/** @param {AbortSignal} signal @returns {Promise<never>} rejects when it is aborted */
function abortion(signal) {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** @param {string} path @param {unknown} body @param {Record<string, string>} headers @returns {Promise<any>} */
export async function postJson(path, body, headers) {
  const how = { method: "POST", body: JSON.stringify(body), headers: { ...headers, "Content-Type": "application/json" } };
  return (await request(path, how)).json();
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
