/** One sector after the other, with a quiet change between them. */

/** @import { PageStore } from "../page/state.js" */
import { nextSectors } from "./wall_view.js";

/** As long as the stylesheet takes to fade, ms. */
const FADE_MS = 600;
/** A map that never comes to rest keeps nobody waiting longer, ms. */
const PATIENCE_MS = 4000;

/** Fade, act, and come back once the new is there. @param {PageStore} store @param {() => void} act */
export async function quietly(store, act) {
  const { classList } = document.documentElement;
  classList.add("changing");
  await delay(FADE_MS);
  act();
  await Promise.race([Promise.all([store.get().drawn?.(), answered(store)]), delay(PATIENCE_MS)]);
  classList.remove("changing");
}

/** @param {PageStore} store @param {number} seconds for each sector @returns {() => void} ends it */
export function rotate(store, seconds) {
  const { sectors: chosen } = store.get().view;
  const turn = () => {
    const { view, summary, problem } = store.get();
    // While nothing can be asked, the numbers that are there stay.
    if (!summary || problem) return;
    const sectors = nextSectors(chosen, view.sectors, summary.sectors);
    if (sectors.join() !== view.sectors.join()) void quietly(store, () => store.set({ view: { ...store.get().view, sectors } }));
  };
  const turning = setInterval(turn, seconds * 1000);
  return () => clearInterval(turning);
}

/** @param {PageStore} store @returns {Promise<void>} */
function answered(store) {
  return new Promise((done) => {
    const stop = store.watch(
      (state) => state.busy,
      (busy) => {
        if (busy) return;
        done();
        // Not yet known where the answer is there already.
        queueMicrotask(() => stop());
      },
    );
  });
}

/** @param {number} ms @returns {Promise<void>} */
function delay(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
