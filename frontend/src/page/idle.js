/** Work that nobody waits for. */

/** A browser that is never idle does it all the same after this, and one that cannot tell, ms. */
const PATIENCE_MS = 2000;
const PAUSE_MS = 100;

/** Act one by one, each when the browser has nothing else to do: so that none keeps the reader waiting for long. @param {readonly (() => unknown)[]} acts */
export async function actWhenIdle(acts) {
  for (const act of acts) {
    await idle();
    await act();
  }
}

/** @returns {Promise<void>} */
function idle() {
  return new Promise((done) => {
    if ("requestIdleCallback" in globalThis) requestIdleCallback(() => done(), { timeout: PATIENCE_MS });
    else setTimeout(done, PAUSE_MS);
  });
}
