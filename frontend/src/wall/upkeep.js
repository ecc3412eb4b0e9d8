/** What a screen that nobody touches needs: it stays awake, without a pointer, and shows the service's newest page. */

/** @import { PageStore } from "../page/state.js" */
import { serviceRoot } from "../page/service.js";

/** Without a move for so long the pointer is hidden, ms. */
const STILL_MS = 4000;
/** How often to look whether the service has another version of the page, ms. */
const LOOK_MS = 10 * 60_000;
const DIGEST = /\/static\/([0-9a-f]{16})\//;
const FILES = /[^"\s]*\/static\/[0-9a-f]{16}\/[^"\s]+/g;

/** Keep the screen on, where the browser can; it lets go whenever the page is hidden. */
export function stayAwake() {
  const keepScreenOn = async () => {
    // Refused on a low battery, or where the connection is not secure.
    if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => null);
  };
  document.addEventListener("visibilitychange", keepScreenOn);
  void keepScreenOn();
}

export function hidePointer() {
  const { classList } = document.documentElement;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let still;
  const move = () => {
    clearTimeout(still);
    classList.remove("still");
    still = setTimeout(() => classList.add("still"), STILL_MS);
  };
  addEventListener("pointermove", move);
  move();
}

/**
 * Load the page anew when the service has another one. @param {PageStore} store
 * @param {(act: () => void) => Promise<void>} quietly acts when nobody is disturbed
 */
export function stayCurrent(store, quietly) {
  const own = versionOf(import.meta.url);
  const checkVersion = async () => {
    const page = await fetchPage();
    if (page && versionOf(page) !== own) await reloadWhole(page, quietly);
  };
  setInterval(checkVersion, LOOK_MS);
  let away = false;
  store.watch(
    (state) => state.live.state,
    (state) => {
      // A service that was away may have come back as another version.
      if (away && state === "live") void checkVersion();
      away = state === "away";
    },
  );
}

/** The files' version in the address of one of them, or in a page that names them; "" where files are served without. @param {string} text */
export function versionOf(text) {
  return DIGEST.exec(text)?.[1] ?? "";
}

/**
 * Its files come first: were the service to go away between page and files, the screen would stay empty.
 * @param {string} page @param {(act: () => void) => Promise<void>} quietly
 */
async function reloadWhole(page, quietly) {
  const files = [...new Set(page.match(FILES) ?? [])];
  const answers = await Promise.all(files.map((file) => fetch(file).catch(() => null)));
  if (answers.every((answer) => answer?.ok)) await quietly(() => location.reload());
}

/** Load the page anew, if it is there. @param {(act: () => void) => Promise<void>} quietly */
export async function reloadPage(quietly) {
  const page = await fetchPage();
  if (page) await reloadWhole(page, quietly);
}

/** @returns {Promise<string>} "" where it does not come */
async function fetchPage() {
  const answer = await fetch(`${serviceRoot()}/?view=wall`, { cache: "no-cache" }).catch(() => null);
  return answer?.ok ? answer.text() : "";
}
