/** Keeps the numbers level with the choice and with the data: asks again, one question at a time. */

/** @import { PageStore } from "./state.js" */
import { greyZero } from "./zero_class.js";
import { ApiError, fetchLegend, fetchSummary } from "./api.js";

const RETRY_MS = 3000;
/** A window that ends now moves on even when nothing new comes. */
const MOVE_ON_MS = 60_000;

/**
 * @param {PageStore} store
 * @returns {() => void} asks for the numbers anew; safe to call at any rate
 */
export function keepFresh(store) {
  let running = false;
  let wanted = false;
  let asked = new AbortController();

  async function refreshNumbers() {
    if (running) {
      wanted = true;
      return;
    }
    running = true;
    do {
      wanted = false;
      await fetchNumbers(store, asked.signal);
    } while (wanted);
    running = false;
    if (store.get().problem && store.get().problem?.kind !== "refused") setTimeout(refreshNumbers, RETRY_MS);
  }

  function refreshForChoice() {
    asked.abort();
    asked = new AbortController();
    store.set({ busy: true });
    void refreshNumbers();
  }

  store.watch((state) => selectionOf(state) + state.view.scheme, refreshForChoice);
  let zoomKnown = false;
  store.watch(
    (state) => state.zoom,
    () => {
      if (zoomKnown) void refreshNumbers();
      zoomKnown = true;
    },
  );
  setInterval(refreshNumbers, MOVE_ON_MS);
  return () => void refreshNumbers();
}

/** What the numbers depend on, as one comparable text. @param {import("./state.js").State} state */
export function selectionOf({ view: { sectors, window, from, to, compare, measure, breaks, filters, layer, level } }) {
  return JSON.stringify([sectors, window, from, to, compare, measure, breaks, filters, layer, level]);
}

/** @param {PageStore} store @param {AbortSignal} signal */
async function fetchNumbers(store, signal) {
  const { view, zoom } = store.get();
  try {
    const [summary, legend] = await Promise.all([fetchSummary(view, signal), fetchLegend(view, zoom, signal)]);
    // They came just when something else was chosen.
    if (signal.aborted) return;
    store.set({ summary, legend: greyZero(legend, view.scheme), problem: null, busy: false });
  } catch (error) {
    if (error instanceof ApiError) store.set({ problem: error.problem, busy: false });
    else if (!signal.aborted) throw error;
  }
}
