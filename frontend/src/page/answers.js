/**
 * Answers beyond the totals: each part of the page follows the one it shows, for as long as somebody looks at it.
 *
 * An answer is asked for when its address changes and when the data may have changed. The old one stays until the new
 * one has come, so nothing flickers; of two changes in a row only the last is asked about.
 */

/** @import { PageStore, Problem, State } from "./state.js" */
import { ApiError, fetchJson } from "./api.js";

const RETRY_MS = 5000;

/** Questions on their way, and who waits until there are none. */
let asking = 0;
/** @type {(() => void)[]} */
let waiting = [];

/** Resolves once every question has its answer, at the latest after a while: for paper, on which nothing follows. @param {number} patience ms */
export async function answersSettled(patience) {
  // A change of the view is heard of in this task.
  await Promise.resolve();
  if (asking)
    await Promise.race([new Promise((done) => waiting.push(() => done(null))), new Promise((done) => setTimeout(done, patience))]);
}

/** @param {Promise<unknown>} answer */
async function count(answer) {
  asking += 1;
  await answer;
  asking -= 1;
  if (asking) return;
  for (const done of waiting) done();
  waiting = [];
}

/**
 * @template Answer
 * @typedef {object} AnswerState
 * @property {Answer | null} answer the last one that came for the present question, else the one before it
 * @property {boolean} stale whether the answer is to an earlier question
 * @property {Problem | null} problem why there is no newer one
 */

/**
 * @template Answer
 * @param {PageStore} store
 * @param {(state: State) => string | null} addressOf what is to be asked now; null while nobody looks
 * @param {(answer: AnswerState<Answer>, state: State) => void} onAnswer
 * @param {(path: string, signal: AbortSignal) => Promise<Answer>} [fetchAnswer]
 */
export function follow(store, addressOf, onAnswer, fetchAnswer = fetchJson) {
  /** @type {AnswerState<Answer>} */
  let answerState = { answer: null, stale: true, problem: null };
  let asked = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;

  /** @param {Partial<AnswerState<Answer>>} change */
  function update(change) {
    answerState = { ...answerState, ...change };
    onAnswer(answerState, store.get());
  }

  const refetch = () => void count(fetchAnew());

  async function fetchAnew() {
    clearTimeout(again);
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const address = addressOf(store.get());
    if (address === null) return;
    try {
      const answer = await fetchAnswer(address, signal);
      if (!signal.aborted) update({ answer, stale: false, problem: null });
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      update({ problem: error.problem });
      if (error.problem.kind !== "refused") again = setTimeout(refetch, RETRY_MS);
    }
  }

  store.watch(addressOf, (address) => {
    if (address !== null && !answerState.stale) update({ stale: true });
    refetch();
  });
  store.watch(
    (state) => state.tick,
    (tick) => {
      if (tick > 0) refetch();
    },
  );
}
