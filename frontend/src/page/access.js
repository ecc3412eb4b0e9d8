/** An operator's API key, kept for as long as the tab is open, and what it allows. */

/** @import { PageStore } from "./state.js" */
import { ApiError, fetchJson } from "./api.js";

export const READ_TEXT = "read:text";
export const WRITE_INCIDENTS = "write:incidents";
const STORED = "geo-key";

/** The key as a header; none without one. @returns {Record<string, string>} */
export function keyHeaders() {
  const key = storedKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Empty where there is none, or the browser keeps nothing. */
export function storedKey() {
  try {
    return sessionStorage.getItem(STORED) ?? "";
  } catch {
    return "";
  }
}

/** @param {string} key empty to forget it */
function storeKey(key) {
  try {
    if (key) sessionStorage.setItem(STORED, key);
    else sessionStorage.removeItem(STORED);
  } catch {
    // Private windows of some browsers keep nothing.
  }
}

/** Ask what the stored key allows. A key that the service does not know is forgotten. @param {PageStore} store */
export async function loadAccess(store) {
  const access = await fetchAccess(keyHeaders()).catch((error) => (isRefused(error) ? null : undefined));
  if (access === undefined) return;
  if (access === null) storeKey("");
  store.set({ access: access ?? (await fetchAccess({}).catch(() => null)) });
}

/**
 * Keep a key, if the service knows it, and ask anew for what it may show; an empty one is forgotten.
 * @param {PageStore} store @param {string} key @returns {Promise<"kept" | "invalid" | "unreachable">}
 */
export async function changeKey(store, key) {
  try {
    const access = await fetchAccess(key ? { Authorization: `Bearer ${key}` } : {});
    storeKey(key);
    store.set({ access, tick: store.get().tick + 1 });
    return "kept";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return isRefused(error) ? "invalid" : "unreachable";
  }
}

/** @param {unknown} error */
function isRefused(error) {
  return error instanceof ApiError && error.problem.kind === "refused";
}

/** @param {Record<string, string>} headers @returns {Promise<NonNullable<import("./state.js").State["access"]>>} */
function fetchAccess(headers) {
  return fetchJson("/api/access", undefined, headers);
}
