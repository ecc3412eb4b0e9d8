/**
 * The page without a connection: its files and the last numbers and tiles that were seen, each with the time at which it came.
 *
 * The network always comes first, but for files of the build, whose addresses have its digest: no old page is shown after an
 * upgrade, and no old number while there is a connection. The service writes `GEO_BUILD` before this file.
 */

import { kindOf, mayKeep, pageOf } from "./rules.js";

/** @type {any} typed as a page's window, which a worker has none of */
const worker = self;
/** @type {{ digest: string, files: string[] }} files: of the build that map and wall begin with */
const { digest, files } = worker.GEO_BUILD;
/** @type {string} */
const scope = worker.registration.scope;
const PREFIX = `geo ${scope} `;
const FILES = `${PREFIX}files ${digest}`;
const ANSWERS = `${PREFIX}answers ${digest}`;
/** Says when a kept answer came, ms since 1970; frontend/src/page/api.js reads it. */
const STORED = "X-Geo-Stored";
/** About 20 MB of tiles and numbers; the oldest go first. */
const MOST_ANSWERS = 500;
/** Looking through them takes a while, so not after each. */
const TRIMMED_EVERY = 50;
/** A proxy found nobody behind it. */
const NOBODY = [502, 504];
let kept = 0;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(precache()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(takeOver()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const asked = {
    method: request.method,
    url: request.url,
    mode: request.mode,
    destination: request.destination,
    referrer: request.referrer,
    withKey: request.headers.has("Authorization"),
  };
  const kind = kindOf(asked, scope, digest);
  if (kind === "file") event.respondWith(fromFiles(request));
  if (kind === "page") event.respondWith(fetchPage(request));
  if (kind === "answer") event.respondWith(fetchAnswer(event));
});

/** Pages and files of this build, or nothing: pages of another one would name other files. */
async function precache() {
  const cache = await caches.open(FILES);
  await cache.addAll(files.map((file) => `${scope}static/${digest}/${file}`));
  for (const page of [scope, `${scope}?view=wall`]) {
    const response = await fetch(page, { cache: "no-cache" });
    if (!response.ok || !(await response.clone().text()).includes(`/static/${digest}/`)) throw new Error("another version is served");
    await cache.put(page, response);
  }
  await worker.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== FILES && name !== ANSWERS) await caches.delete(name);
  await worker.clients.claim();
}

/** @param {Request} request */
async function fromFiles(request) {
  const cache = await caches.open(FILES);
  const found = await cache.match(request, { ignoreVary: true, ignoreSearch: true });
  if (found) return found;
  const response = await fetch(request);
  if (response.ok) void cache.put(request, response.clone()).catch(() => {});
  return response;
}

/** @param {Request} request */
async function fetchPage(request) {
  const stored = async () => (await caches.open(FILES)).match(pageOf(request.url, scope), { ignoreVary: true });
  return orStored(request, stored);
}

/** @param {any} event */
async function fetchAnswer({ request }) {
  const cache = await caches.open(ANSWERS);
  const response = await orStored(request, () => cache.match(request, { ignoreVary: true }));
  if (mayKeep(response) && !response.headers.has(STORED)) void keep(cache, request, response.clone()).catch(() => {});
  return response;
}

/** The network's response; where nobody is there, what is stored. @param {Request} request @param {() => Promise<Response | undefined>} stored @returns {Promise<Response>} */
async function orStored(request, stored) {
  try {
    const response = await fetch(request);
    return (NOBODY.includes(response.status) && (await stored())) || response;
  } catch (error) {
    const found = await stored();
    if (found) return found;
    throw error;
  }
}

/** @param {Cache} cache @param {Request} request @param {Response} response */
async function keep(cache, request, response) {
  const headers = new Headers(response.headers);
  headers.set(STORED, String(Date.now()));
  const body = response.status === 204 ? null : await response.arrayBuffer();
  await cache.put(request, new Response(body, { status: response.status, headers }));
  kept += 1;
  if (kept % TRIMMED_EVERY) return;
  // They are listed in the order in which they were put.
  for (const old of (await cache.keys()).slice(0, -MOST_ANSWERS)) await cache.delete(old);
}
