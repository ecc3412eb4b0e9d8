/** A hexagon: numbers, what people write about, what lies beside it. */

/** @import { HexagonPlace } from "./place_answers.js" */
/** @import { PlaceView } from "./place.js" */
/** @import { Cell, CellAnswer } from "../page/answer_types.js" */
/** @import { Language, PageStore } from "../page/state.js" */
import { widthText } from "../choice/legend.js";
import { zoomsOf } from "../page/hexagon.js";
import { copyButton } from "../page/copy.js";
import { element } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";
import { linkButton } from "../parts/figures.js";
import { holdsCell, toggleHexagon } from "../selecting/cell_set.js";
import { DIRECTIONS, directionOf } from "./directions.js";
import { latestList, numbersList, stepsList } from "../parts/place_parts.js";
import { settlementsOf, themesOf, timelineOf } from "./place_portrait.js";
import { keyOf, toDistrict, toHexagon, toList } from "../view/steps.js";

/** Whether index and link are looked at: the panel is drawn anew meanwhile. */
let unfolded = false;

/** @param {PageStore} store @param {HexagonPlace} place @returns {PlaceView} */
export function hexagonView(store, { now, before, latest, lineage }) {
  const { view, finer } = store.get();
  const { language } = view;
  const { cell, resolution } = now;
  const zooms = zoomsOf(resolution, finer);
  return {
    title: cell.name?.[language] ?? words(language).hexagon,
    kind: fill(words(language).now.hexagonKind, { width: widthText(language, resolution) }),
    path: lineage.map(({ code, name }) => ({ text: name[language], open: () => toDistrict(store, code) })),
    parts: [
      ...themesOf(language, now.themes, (theme) => toList(store, { cells: cell.h3, theme })),
      numbersList(language, cell, before?.cell ?? null, {}, () => toList(store, { cells: cell.h3 }, { list: "due" })),
      ...timelineOf(language, now, cell.count),
      ...settlementsOf(language, now.settlements),
      latestList(store, latest, allMessages(store, now)),
      selectButton(store, cell.h3),
      ...neighboursOf(store, now.neighbours, cell),
      shareOf(language, cell.h3),
    ],
    spot: {
      key: keyOf(view),
      bounds: null,
      point: [cell.lng, cell.lat],
      zoom: zooms[0] + 0.5,
      seen: zooms,
      mark: "",
    },
  };
}

/** To the list of all messages of the hexagon, beside the map. @param {PageStore} store @param {CellAnswer} answer */
function allMessages(store, { cell: { h3, count } }) {
  const open = () => toList(store, { cells: h3 });
  return { text: words(store.get().view.language).alerts.allMessages, all: count, open };
}

/** The keyboard's way to a set of hexagons. @param {PageStore} store @param {string} h3 */
function selectButton(store, h3) {
  const { filters, language } = store.get().view;
  const { addHexagon, removeHexagon } = words(language).analyst;
  const text = holdsCell(filters["cells"] ?? "", h3) ? removeHexagon : addHexagon;
  return element(
    "p",
    {},
    linkButton("select hexagon", text, () => toggleHexagon(store, h3)),
  );
}

/** By name; where a neighbour has none, or the same, by where it lies. @param {PageStore} store @param {readonly Cell[]} neighbours @param {Cell} cell */
function neighboursOf(store, neighbours, cell) {
  const { language } = store.get().view;
  const { directions, neighbours: title } = words(language).now;
  const places = neighbours
    .map((other) => ({ direction: directionOf(cell, other), other }))
    .toSorted((one, two) => DIRECTIONS.indexOf(one.direction) - DIRECTIONS.indexOf(two.direction));
  return stepsList(
    language,
    title,
    places.map(({ direction, other: { h3, count, name } }) => {
      const text = name ? `${name[language]} (${directions[direction]})` : directions[direction];
      return { key: `hexagon ${h3}`, text, count, open: () => toHexagon(store, h3) };
    }),
  );
}

/** What programs call it, and its link: folded away. @param {Language} language @param {string} index */
function shareOf(language, index) {
  const { copyLink, h3, tabs } = words(language);
  const remember = (/** @type {Event} */ { currentTarget }) =>
    (unfolded = currentTarget instanceof HTMLDetailsElement && currentTarget.open);
  return element(
    "details",
    { class: "index", "data-same": "share", open: unfolded, ontoggle: remember },
    element("summary", {}, tabs.share),
    element("p", {}, `${h3} `, element("code", {}, index)),
    copyButton(language, "link", copyLink, () => location.href),
  );
}
