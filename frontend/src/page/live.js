/** Hears of changes from /api/live and says whether the service is there. */

/** @import { PageStore } from "./state.js" */
import { createBackoff } from "./backoff.js";
import { serviceRoot } from "./service.js";

/** Of an EventSource that is connected. */
const OPEN = 1;

/** new: incidents that have come since the last one @typedef {{ revision: number, at: string, new?: number }} Revision */

/**
 * @param {PageStore} store
 * @param {() => void} onChange is called when the data are others than those shown
 * @param {{ onAlert?: () => void, open?: (path: string) => EventSource }} how onAlert: called when an alert has opened, changed or closed
 * @returns {() => void} begins the stream anew: one may look open long after its other end is gone
 */
export function listen(store, onChange, { onAlert = () => {}, open = (path) => new EventSource(`${serviceRoot()}${path}`) } = {}) {
  /** @type {number | null} */
  let known = null;
  /** @type {EventSource | null} */
  let events = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const backoff = createBackoff();

  /** @param {Revision} revision */
  function onRevision({ revision, at, new: came = 0 }) {
    backoff.reset();
    const { live, arrived } = store.get();
    const away = live.state === "away";
    store.set({ live: { state: "live", at: Date.parse(at), since: null }, arrived: arrived + came });
    const shown = known ?? store.get().summary?.revision;
    known = revision;
    // A service that began again counts from the start: the same number may be other data.
    if (away || known !== shown) onChange();
  }

  function connect() {
    clearTimeout(again);
    events?.close();
    const stream = open("/api/live");
    events = stream;
    stream.addEventListener("revision", ({ data }) => onRevision(JSON.parse(data)));
    stream.addEventListener("alert", onAlert);
    stream.addEventListener("error", () => {
      if (stream !== events) return;
      const { live } = store.get();
      store.set({ live: { ...live, state: "away", since: live.since ?? Date.now() } });
      // The browser would try again at an even pace, or not at all. A stream that is shared is opened again by whoever holds it.
      if (stream.readyState === OPEN) return;
      stream.close();
      again = setTimeout(connect, backoff.next());
    });
  }

  connect();
  return connect;
}
