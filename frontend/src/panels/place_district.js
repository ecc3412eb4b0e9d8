/** A district: numbers, sectors, time, what lies in it. */

/** @import { DistrictPlace } from "./place_answers.js" */
/** @import { PlaceView } from "./place.js" */
/** @import { DistrictAnswer } from "../page/answer_types.js" */
/** @import { Language, PageStore } from "../page/state.js" */
import { element } from "../page/dom.js";
import { counted, fill, formatNumber, formatShare, words } from "../words/i18n.js";
import { linkButton } from "../parts/figures.js";
import { directionOf, distanceKm, nearestOf } from "./directions.js";
import { settlementsOf, themesOf, timelineOf } from "./place_portrait.js";
import { latestList, numbersList, stepsList } from "../parts/place_parts.js";
import { keyOf, toDistrict, toHexagon, toList } from "../view/steps.js";

const FEW = 8;
/** A hexagon is called by a settlement so near to its middle, and by the side on which it lies where that is not quite there. */
const NEAR_KM = 10;
const AT_KM = 1.5;
/** Nearer than this a small district would have nothing around it to be known by. */
const MOST_ZOOM = 12;
/** The districts whose children are all listed. @type {Set<string>} */
const opened = new Set();

/** @param {PageStore} store @param {DistrictPlace} place @returns {PlaceView} */
export function districtView(store, { now, before, latest, hexagons, bounds }) {
  const { view } = store.get();
  const { language } = view;
  const { district, ancestors, among } = now;
  return {
    title: district.name[language],
    kind: kindOf(language, now),
    path: ancestors.map(({ code, name }) => ({ text: name[language], open: () => toDistrict(store, code) })),
    parts: [
      ...themesOf(language, now.themes, (theme) => toList(store, { district: district.code, theme })),
      numbersList(language, district, before?.district ?? null, among, () => toList(store, { district: district.code }, { list: "due" })),
      ...timelineOf(language, now, district.count),
      ...settlementsOf(language, now.settlements),
      ...hexagonsOf(store, hexagons, now.settlements),
      ...childrenOf(store, now),
      latestList(store, latest, allMessages(store, now)),
      sectorsOf(store, now),
    ],
    spot: bounds && { key: keyOf(view), bounds, point: null, zoom: MOST_ZOOM, seen: [0, MOST_ZOOM], mark: "" },
  };
}

/** @param {Language} language @param {DistrictAnswer} answer */
function kindOf(language, { district: { level, population, approximate } }) {
  const { districtLevels, residents, approximate: roughly } = words(language).now;
  const name = /** @type {Record<string, string>} */ (districtLevels)[level] ?? level;
  return [name, ...(population ? [counted(language, population, residents)] : []), ...(approximate ? [roughly] : [])].join(" · ");
}

/** @param {PageStore} store @param {DistrictAnswer} answer */
function childrenOf(store, { district, children, without_child: without }) {
  const { language } = store.get().view;
  const { now } = words(language);
  const [first] = children;
  if (!first) return [];
  const title = /** @type {Record<string, string>} */ (now.children)[first.level] ?? "";
  const shown = opened.has(district.code) ? children : children.slice(0, FEW);
  const places = shown.map(({ code, name, count }) => ({
    key: `district ${code}`,
    text: name[language],
    count,
    open: () => toDistrict(store, code),
  }));
  const open = () => {
    opened.add(district.code);
    // The panel is drawn anew for any new view.
    store.set({ view: { ...store.get().view } });
  };
  const rest = without.count ? [element("p", { class: "muted" }, `${now.without}: ${formatNumber(language, without.count)}`)] : [];
  const all =
    shown.length < children.length
      ? [element("button", { type: "button", class: "link", "data-key": "all", onclick: open }, fill(now.showAll, { n: children.length }))]
      : [];
  return stepsList(language, title, places, [...all, ...rest]);
}

/** Each by the settlement that it is at. @param {PageStore} store @param {DistrictPlace["hexagons"]} hexagons @param {DistrictAnswer["settlements"]} settlements */
function hexagonsOf(store, hexagons, settlements) {
  const { language } = store.get().view;
  const { now } = words(language);
  const places = hexagons.map((hexagon, at) => {
    const near = nearestOf(hexagon, settlements, NEAR_KM);
    const side = near && distanceKm(hexagon, near) > AT_KM ? ` (${now.directions[directionOf(near, hexagon)]})` : "";
    return {
      key: `hexagon ${hexagon.h3}`,
      text: near ? near.name[language] + side : `${now.hexagon} ${at + 1}`,
      count: hexagon.count,
      open: () => toHexagon(store, hexagon.h3),
    };
  });
  return stepsList(language, now.hexagons, places);
}

/** Each leads to the list of its messages. @param {PageStore} store @param {DistrictAnswer} answer */
function sectorsOf(store, { district, sectors }) {
  const { language } = store.get().view;
  const rows = sectors
    .filter(({ count }) => count)
    .toSorted((one, other) => other.count - one.count)
    .map(({ code, name, count, share }) => {
      const bar = element("span", { class: "bar", "aria-hidden": "true" });
      bar.style.setProperty("--number-share", String(share));
      return element(
        "li",
        { "data-sector-bar": code },
        linkButton(`sector ${code}`, name[language], () => toList(store, { district: district.code }, { sectors: [code] })),
        element("span", { class: "number" }, `${formatNumber(language, count)} · ${formatShare(language, share)}`),
        bar,
      );
    });
  return element("section", {}, element("h3", {}, words(language).now.sectors), element("ul", { class: "bars" }, ...rows));
}

/** To the list of all messages of the district, beside the map. @param {PageStore} store @param {DistrictAnswer} answer */
function allMessages(store, { district: { code, count } }) {
  const { view } = store.get();
  const open = () => toList(store, { district: code });
  return { text: words(view.language).alerts.allOfDistrict, all: count, open };
}
