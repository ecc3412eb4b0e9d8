/** The page on a wall: nothing to press, seen from afar, for days. */

/** @import { PageStore } from "../page/state.js" */
/** @import { Where } from "./attention.js" */
/** @import { WallAnswer } from "./question.js" */
import { showLegend } from "../choice/legend.js";
import { showNotices } from "../choice/notices.js";
import { follow } from "../page/answers.js";
import { learnRegions, rankedLevel } from "../view/regions.js";
import { worstDistricts } from "../parts/worst.js";
import { renderAttention, sectionsOf } from "./attention.js";
import { showClock } from "./clock.js";
import { drawFigures } from "./figures.js";
import { drawHeading, showCredits, showTitle } from "./heading.js";
import { offerFullScreen } from "../page/full_screen.js";
import { drawMarks } from "./marks.js";
import { askForWall, wallAddress } from "./question.js";
import { quietly, rotate } from "./rotation.js";
import { setScene } from "./scene.js";
import { hidePointer, reloadPage, stayAwake, stayCurrent } from "./upkeep.js";
import { keepMap } from "./wall_map.js";
import { withWords } from "../words/i18n.js";
import { placeOf, readWall, shownView, withLevel } from "./wall_view.js";

/** What the address asks for. */
export const wallOfAddress = () => readWall(location.hash, location.search, navigator.languages);

/** @param {PageStore} store @returns {Promise<{ refreshTiles: () => void }>} */
export async function assembleWall(store) {
  const scene = setScene();
  const { rotate: seconds } = wallOfAddress();
  const calmly = (/** @type {() => void} */ act) => quietly(store, act);
  /** Of the rows beside the map. @type {Where[]} */
  let marked = [];
  const map = keepMap(scene.map, store, {
    place: placeOf(location.hash, location.search),
    mark: (made) => drawMarks(made, marked),
    giveUp: () => void reloadPage(calmly),
  });
  showTitle(scene.title, store);
  showCredits(scene.credits, store);
  showClock(scene.clock, store);
  showLegend(store);
  showNotices(store, () => []);
  follow(
    store,
    wallAddress,
    (/** @type {{ answer: WallAnswer | null }} */ { answer }, state) => {
      if (!answer) return;
      const { view } = state;
      drawHeading(scene, view, answer);
      drawFigures(scene.figures, view.language, answer.both);
      const worst = worstDistricts(answer.districts.districts, answer.districts.total);
      marked = renderAttention(scene.attention, sectionsOf(state, { ...answer, worst }));
      map.mark();
      const better = shownView(view, answer, wallOfAddress());
      if (better !== view) store.set({ view: better });
    },
    askForWall,
  );
  void learnRegions(store);
  store.watch(
    (state) => `${rankedLevel(state)} ${state.view.layer} ${state.view.filters["level"] ?? ""}`,
    (_, state) => {
      const level = rankedLevel(state);
      if (state.view.layer === "districts" && state.view.filters["level"] !== level) store.set({ view: withLevel(state.view, level) });
    },
  );
  followAddress(store, seconds);
  offerFullScreen(null);
  hidePointer();
  stayAwake();
  stayCurrent(store, calmly);
  return { refreshTiles: map.refresh };
}

/** What is written into the address by hand counts at once. @param {PageStore} store @param {number} seconds for each sector */
function followAddress(store, seconds) {
  let stop = seconds ? rotate(store, seconds) : () => {};
  addEventListener("hashchange", () => {
    stop();
    const wall = wallOfAddress();
    withWords(wall.view.language, () => store.set({ view: wall.view }));
    stop = wall.rotate ? rotate(store, wall.rotate) : () => {};
  });
}
