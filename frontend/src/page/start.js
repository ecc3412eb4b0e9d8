/** What every page of the service begins with: one store, its numbers kept fresh, and the parts that watch it. */

/** @import { PageStore, State, View } from "./state.js" */
import { forgetAnswers } from "./api.js";
import { listen } from "./live.js";
import { keepFresh } from "./refresh.js";
import { createStore } from "./store.js";
import { workOffline } from "./work_offline.js";
import { showScheme } from "./scheme.js";
import { onWake } from "./waking.js";
import { onSilence } from "./silence.js";
import { loadWords } from "../words/i18n.js";

/** Before there is a map. */
const NO_ZOOM = -1;
/** Incidents that a list shows at first. */
const PAGE = 50;
/** The panels' answers are asked for anew this often at most; the totals and the map follow every change. */
const TICK_MS = 5000;
/** Changes are not heard of before the first map is there, or this has passed, ms. */
const FIRST_MS = 5000;
/** Windows move on, and the service looks for what is unusual, when no message comes either, ms. */
const MOVE_ON_MS = 120_000;

/** A page's store. @param {View} view what is shown at first @returns {PageStore} */
export function createPage(view) {
  return createStore(initialState(view));
}

/**
 * Load the words, ask for the numbers, put the parts together, and keep all of it level with the service.
 * @param {PageStore} store
 * @param {(store: PageStore) => Promise<{ refreshTiles: () => void, shown?: Promise<unknown> }>} assemble puts the page's own parts
 *   together, and is called once the words are there; shown: when the first map is there
 * @param {(path: string) => EventSource} [open] opens the stream of changes
 */
export function startPage(store, assemble, open) {
  showScheme(store);
  // Before all others: they ask anew whenever it grows.
  store.watch((state) => state.tick, forgetAnswers);
  const refreshNumbers = keepFresh(store);
  let refreshTiles = () => {};
  let listenAnew = () => {};
  const tick = throttled(() => store.set({ tick: store.get().tick + 1 }), TICK_MS);
  const refresh = () => {
    refreshNumbers();
    tick();
    // Tiles of a choice that the service has refused would be refused as well.
    if (store.get().problem?.kind !== "refused") refreshTiles();
  };
  const { language } = store.get().view;
  void loadWords(language).then(async () => {
    const assembled = await assemble(store);
    refreshTiles = assembled.refreshTiles;
    // What is just being asked for the first time need not be asked for again.
    await Promise.race([assembled.shown, new Promise((done) => setTimeout(done, FIRST_MS))]);
    workOffline(refresh);
    listenAnew = listen(store, refresh, { onAlert: tick, ...(open && { open }) });
  });
  setInterval(refresh, MOVE_ON_MS);
  onSilence(store, () => listenAnew());
  onWake(() => {
    listenAnew();
    refresh();
  });
  // What cannot be had is noticed at once.
  addEventListener("offline", refreshNumbers);
}

/** @param {View} view @returns {State} */
function initialState(view) {
  return {
    view,
    zoom: NO_ZOOM,
    finer: 0,
    summary: null,
    legend: null,
    problem: null,
    busy: true,
    live: { state: "connecting", at: null, since: null },
    selected: null,
    alerts: null,
    beforeAlert: null,
    spot: null,
    listed: PAGE,
    place: "",
    picture: null,
    print: null,
    names: new Map(),
    points: null,
    playing: null,
    regions: [],
    lit: null,
    drawn: null,
    sought: { text: "", address: false },
    access: null,
    arrived: 0,
    tick: 0,
  };
}

/** At once, and then for as long as it goes on once in a while, the last time included. @param {() => void} act @param {number} ms */
function throttled(act, ms) {
  let waiting = false;
  let wanted = false;
  return function call() {
    if (waiting) {
      wanted = true;
      return;
    }
    act();
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (!wanted) return;
      wanted = false;
      call();
    }, ms);
  };
}
