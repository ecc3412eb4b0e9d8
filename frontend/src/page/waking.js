/** Tells when the page may have missed something: it was hidden, the computer slept, or the network was away. */

/** A page that was hidden for less has missed nothing, ms. */
const HIDDEN_MS = 10_000;
const [BEAT_MS, SLEPT_MS] = [5000, 30_000];

/** @param {() => void} act */
export function onWake(act) {
  let hidden = Infinity;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && Date.now() - hidden > HIDDEN_MS) act();
    hidden = document.hidden ? Date.now() : Infinity;
  });
  addEventListener("online", act);
  // A page that the browser had put aside for the way back.
  addEventListener("pageshow", ({ persisted }) => persisted && act());
  let beat = Date.now();
  setInterval(() => {
    const late = Date.now() - beat;
    beat = Date.now();
    // A hidden page's timers may run slowly; coming back is told above.
    if (late > SLEPT_MS && !document.hidden) act();
  }, BEAT_MS);
}
