/** Puts the page together: one store, and each part watching it. */

/** @import { State } from "./page/state.js" */
import { addressedView, keepAddress } from "./page/history.js";
import { listen } from "./page/live.js";
import { keepFresh } from "./page/refresh.js";
import { createStore } from "./page/store.js";
import { showScheme } from "./page/scheme.js";
import { onWake } from "./page/waking.js";
import { onSilence } from "./page/silence.js";
import { begin as beginWall, wallOfAddress } from "./wall/wall.js";
import { begin as beginWorkplace } from "./workplace.js";

const FIRST_ZOOM = 6;
/** Incidents that a list shows at first. */
const PAGE = 50;
/** The panels' answers are asked for anew this often at most; the totals and the map follow every change. */
const TICK_MS = 5000;

const onWall = new URLSearchParams(location.search).get("view") === "wall";
const store = createStore(
  /** @type {State} */ ({
    view: onWall ? wallOfAddress().view : addressedView(),
    zoom: FIRST_ZOOM,
    summary: null,
    legend: null,
    problem: null,
    busy: true,
    live: { state: "connecting", at: null, since: null },
    selected: null,
    spot: null,
    listed: PAGE,
    names: new Map(),
    points: null,
    playing: null,
    drawn: null,
    tick: 0,
  }),
);

showScheme(store);
// What a wall shows changes by itself; its address stays as somebody wrote it.
if (!onWall) keepAddress(store);
const refreshNumbers = keepFresh(store);
const begin = onWall ? beginWall : beginWorkplace;
let refreshTiles = () => {};
// The numbers do not wait for the map.
void begin(store).then((made) => (refreshTiles = made.refreshTiles));
const tick = throttled(() => store.set({ tick: store.get().tick + 1 }), TICK_MS);

const refresh = () => {
  refreshNumbers();
  tick();
  // Tiles of a choice that the service has refused would be refused as well.
  if (store.get().problem?.kind !== "refused") refreshTiles();
};
const listenAnew = listen(store, refresh);
onSilence(store, listenAnew);
onWake(() => {
  listenAnew();
  refresh();
});
// What cannot be had is noticed at once.
addEventListener("offline", refreshNumbers);

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
