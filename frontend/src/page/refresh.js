/** Keeps the numbers level with the choice and with the data: asks again, one question at a time. */

/** @import { PageStore } from "./state.js" */
import { greyZero } from "./zero_class.js";
import { ApiError, fetchLegend, fetchSummary, forgetAnswers } from "./api.js";

/** What the shown numbers are of. @type {WeakMap<PageStore, string>} */
const shown = new WeakMap();

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

  function refreshAnew() {
    forgetAnswers();
    void refreshNumbers();
  }

  function refreshForChoice() {
    asked.abort();
    asked = new AbortController();
    store.set({ busy: true });
    void refreshNumbers();
  }

  store.watch((state) => selectionOf(state) + state.view.scheme, refreshForChoice);
  store.watch(
    (state) => state.zoom,
    async (zoom) => {
      if (zoom >= 0 && !(await fetchClasses(store, asked.signal))) void refreshNumbers();
    },
  );
  setInterval(refreshAnew, MOVE_ON_MS);
  return refreshAnew;
}

/** What the numbers depend on, as one comparable text. @param {import("./state.js").State} state */
export function selectionOf({ view: { sectors, window, from, to, compare, measure, breaks, filters, layer, level } }) {
  return JSON.stringify([sectors, window, from, to, compare, measure, breaks, filters, layer, level]);
}

/** @param {PageStore} store @param {AbortSignal} signal */
async function fetchNumbers(store, signal) {
  const { view, zoom, finer } = store.get();
  try {
    const [summary, legend] = await Promise.all([
      fetchSummary(view, signal),
      // Its classes are those of a zoom: before there is a map nobody knows which.
      zoom < 0 ? null : fetchLegend(view, { zoom, finer }, signal),
    ]);
    // They came just when something else was chosen.
    if (signal.aborted) return;
    shown.set(store, countedOf(store.get()));
    const classes = legend && zoom === store.get().zoom ? { legend: greyZero(legend, view.scheme) } : {};
    store.set({ summary, ...classes, problem: null, busy: false });
  } catch (error) {
    if (error instanceof ApiError) store.set({ problem: error.problem, busy: false, ...withoutOthers(store, error.problem.kind) });
    else if (!signal.aborted) throw error;
  }
}

/** Numbers of another choice must not stand under this one when there is nobody to ask. @param {PageStore} store @param {string} kind of the problem */
function withoutOthers(store, kind) {
  return kind === "unreachable" && shown.get(store) !== countedOf(store.get()) ? { summary: null, legend: null } : {};
}

/** Which incidents are counted, in which areas. @param {import("./state.js").State} state */
function countedOf({ view: { sectors, window, from, to, filters, layer } }) {
  return JSON.stringify([sectors, window, from, to, filters, layer]);
}

/**
 * The legend of another zoom; the totals are the same.
 * @param {PageStore} store @param {AbortSignal} signal @returns {Promise<boolean>} false where it could not be had
 */
async function fetchClasses(store, signal) {
  const { view, zoom, finer } = store.get();
  try {
    const legend = await fetchLegend(view, { zoom, finer }, signal);
    if (!signal.aborted && zoom === store.get().zoom) store.set({ legend: greyZero(legend, view.scheme) });
    return true;
  } catch (error) {
    if (!(error instanceof ApiError) && !signal.aborted) throw error;
    return signal.aborted;
  }
}
