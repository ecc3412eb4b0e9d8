/** What the service worker keeps, and what it leaves alone: decided by addresses alone, so that it can be tested without a browser. */

/**
 * file: of the build, by its digest in the address; page: the map or the wall; answer: numbers and tiles; none: the network's own business.
 * @typedef {"file" | "page" | "answer" | "none"} Kind
 */

/** @typedef {{ method: string, url: string, mode: string, destination: string, referrer: string, withKey: boolean }} Asked */

const ANSWERS = /^(api\/(summary|legend|districts|breakdown|changes|alerts|timeline|cells|places|incidents|answer_times)\b|tiles\/)/;
/** Files to save, and lists by page, are of no use without the service. */
const NOT_KEPT = ["format", "after", "frames", "key", "token", "signature"];
/** Frames in other pages say by themselves that there is no connection. */
const FRAME = "embed";

/** @param {Asked} asked @param {string} scope address of the service, with a slash at its end @param {string} digest of the build @returns {Kind} */
export function kindOf({ method, url, mode, destination, referrer, withKey }, scope, digest) {
  if (method !== "GET" || withKey || !url.startsWith(scope) || destination === "iframe") return "none";
  if (pathOf(referrer, scope) === FRAME) return "none";
  const path = pathOf(url, scope);
  const { searchParams } = new URL(url);
  if (mode === "navigate") return path === "" ? "page" : "none";
  if (path.startsWith(`static/${digest}/`)) return "file";
  return ANSWERS.test(path) && !NOT_KEPT.some((name) => searchParams.has(name)) ? "answer" : "none";
}

/** Which of the kept pages a navigation shows. @param {string} url @param {string} scope */
export function pageOf(url, scope) {
  return new URL(url).searchParams.get("view") === "wall" ? `${scope}?view=wall` : scope;
}

/** The path below the service; "" for its root, and for addresses elsewhere. @param {string} url @param {string} scope */
function pathOf(url, scope) {
  return url.startsWith(scope) ? url.slice(scope.length).replace(/[?#].*$/, "") : "";
}

/** Whether an answer may be kept. @param {{ status: number, headers: Pick<Headers, "get"> }} response */
export function mayKeep({ status, headers }) {
  return (status === 200 || status === 204) && !/no-store|private/.test(headers.get("Cache-Control") ?? "");
}
