/**
 * Answers beyond the totals: each part of the page follows the one it shows, for as long as somebody looks at it.
 *
 * An answer is asked for when its address changes and when the data may have changed. The old one stays until the new
 * one has come, so nothing flickers; of two changes in a row only the last is asked about.
 */

/** @import { PageStore, Problem, State } from "./state.js" */
import { ApiError, fetchJson } from "./api.js";

const RETRY_MS = 5000;

/**
 * @template Answer
 * @typedef {object} Told
 * @property {Answer | null} answer the last one that came for the present question, else the one before it
 * @property {boolean} stale whether the answer is to an earlier question
 * @property {Problem | null} problem why there is no newer one
 */

/**
 * @template Answer
 * @param {PageStore} store
 * @param {(state: State) => string | null} addressOf what is to be asked now; null while nobody looks
 * @param {(told: Told<Answer>, state: State) => void} show
 * @param {(path: string, signal: AbortSignal) => Promise<Answer>} [ask]
 */
export function follow(store, addressOf, show, ask = fetchJson) {
  /** @type {Told<Answer>} */
  let told = { answer: null, stale: true, problem: null };
  let asked = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;

  /** @param {Partial<Told<Answer>>} change */
  function tell(change) {
    told = { ...told, ...change };
    show(told, store.get());
  }

  async function run() {
    clearTimeout(again);
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const address = addressOf(store.get());
    if (address === null) return;
    try {
      const answer = await ask(address, signal);
      if (!signal.aborted) tell({ answer, stale: false, problem: null });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      tell({ problem: error.problem });
      if (error.problem.kind !== "refused") again = setTimeout(run, RETRY_MS);
    }
  }

  store.watch(addressOf, (address) => {
    if (address !== null && !told.stale) tell({ stale: true });
    void run();
  });
  store.watch(
    (state) => state.tick,
    (tick) => {
      if (tick > 0) void run();
    },
  );
}
