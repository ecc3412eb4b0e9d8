/**
 * Tells when a stream looks open and says nothing: a connection may be dead without either end being told. Then the
 * numbers, which are asked for once a minute anyhow, go on while the stream says nothing of it.
 */

/** @import { PageStore } from "./state.js" */

export const LOOK_MS = 30_000;

/** @param {PageStore} store @param {() => void} act begins the stream anew; now and then without need */
export function onSilence(store, act) {
  let { live, summary } = store.get();
  setInterval(() => {
    const now = store.get();
    const silent = now.live.state === "live" && now.live === live;
    const moved = summary !== null && now.summary?.revision !== summary.revision;
    ({ live, summary } = now);
    if (silent && moved) act();
  }, LOOK_MS);
}
