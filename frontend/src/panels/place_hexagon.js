/** A hexagon: numbers, what lies beside it, its index. */

/** @import { HexagonPlace } from "./place_answers.js" */
/** @import { PlaceView } from "./place.js" */
/** @import { Cell } from "../page/answer_types.js" */
/** @import { Language, PageStore } from "../page/state.js" */
import { sizeText } from "../choice/legend.js";
import { zoomsOf } from "../map/hexagon.js";
import { copyButton } from "../page/copy.js";
import { element } from "../page/dom.js";
import { words } from "../words/i18n.js";
import { latestList, numbersList, stepsList } from "./place_parts.js";
import { keyOf, toDistrict, toHexagon } from "./steps.js";

/** Clockwise, as a compass is read. */
const DIRECTIONS = /** @type {const} */ (["n", "ne", "e", "se", "s", "sw", "w", "nw"]);

/** @param {PageStore} store @param {HexagonPlace} place @returns {PlaceView} */
export function hexagonView(store, { now, before, latest, lineage }) {
  const { view } = store.get();
  const { language } = view;
  const { cell, resolution } = now;
  return {
    title: words(language).hexagon,
    kind: sizeText(language, { resolution }),
    path: lineage.map(({ code, name }) => ({ text: name[language], go: () => toDistrict(store, code) })),
    parts: [
      numbersList(language, cell, before?.cell ?? null),
      latestList(store, latest),
      ...neighboursOf(store, now.neighbours, cell),
      indexOf(language, cell.h3),
      copyButton(language, "link", words(language).copyLink, () => location.href),
    ],
    spot: { key: keyOf(view), bounds: null, point: [cell.lng, cell.lat], zoom: zoomsOf(resolution)[0] + 0.5, seen: zoomsOf(resolution), mark: "" },
  };
}

/** @param {PageStore} store @param {readonly Cell[]} neighbours @param {Cell} cell */
function neighboursOf(store, neighbours, cell) {
  const { language } = store.get().view;
  const { directions, neighbours: title } = words(language).now;
  const places = neighbours.map((other) => ({ direction: directionOf(cell, other), other })).toSorted((one, two) => DIRECTIONS.indexOf(one.direction) - DIRECTIONS.indexOf(two.direction));
  return stepsList(language, title, places.map(({ direction, other: { h3, count } }) => ({ key: `hexagon ${h3}`, text: directions[direction], count, go: () => toHexagon(store, h3) })));
}

/**
 * Where another place lies, seen from one, in eighths of the compass.
 * @param {{ lng: number, lat: number }} from @param {{ lng: number, lat: number }} to
 */
export function directionOf(from, to) {
  const lng = ((to.lng - from.lng + 540) % 360) - 180;
  const angle = Math.atan2(lng * Math.cos((from.lat * Math.PI) / 180), to.lat - from.lat);
  return DIRECTIONS[(Math.round(angle / (Math.PI / 4)) + 8) % 8] ?? "n";
}

/** @param {Language} language @param {string} index */
function indexOf(language, index) {
  return element("p", { class: "index" }, `${words(language).h3} `, element("code", {}, index));
}
