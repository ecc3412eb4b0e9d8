/** How long to wait before the next try: longer each time, and not the same for every page that waits. */

const [FIRST_MS, MOST_MS] = [1000, 30_000];
/** Pages that lost the service at once shall not come back at once. */
const SPREAD = 0.25;

/** @param {() => number} [random] 0 to 1 */
export function createBackoff(random = Math.random) {
  let tries = 0;
  return {
    /** @returns {number} ms */
    next() {
      const wait = Math.min(MOST_MS, FIRST_MS * 2 ** tries);
      tries += 1;
      return wait * (1 + SPREAD * (2 * random() - 1));
    },
    reset() {
      tries = 0;
    },
  };
}
