/** Hears of changes from /api/live and says whether the service is there. */

/** @import { PageStore } from "./state.js" */

/** After this the browser has given up by itself (for example on a 502 of a proxy), and we begin again. */
const AGAIN_MS = 3000;

/** @typedef {{ revision: number, at: string }} Revision */

/**
 * @param {PageStore} store
 * @param {() => void} changed is called when the data are others than those shown
 * @param {(address: string) => EventSource} [open]
 */
export function listen(store, changed, open = (address) => new EventSource(address)) {
  /** @type {number | null} */
  let known = null;

  function connect() {
    const events = open("/api/live");
    events.addEventListener("revision", (event) => {
      /** @type {Revision} */
      const revision = JSON.parse(event.data);
      const away = store.get().live.state === "away";
      store.set({ live: { state: "live", at: Date.parse(revision.at) } });
      const shown = known ?? store.get().summary?.revision;
      known = revision.revision;
      // A service that began again counts from the start: the same number may be other data.
      if (away || known !== shown) changed();
    });
    events.addEventListener("error", () => {
      store.set({ live: { ...store.get().live, state: "away" } });
      if (events.readyState === events.CLOSED) setTimeout(connect, AGAIN_MS);
    });
  }

  connect();
}
