/** The numbers of one hexagon or district: beside the pointer, and in a card for the selected one. */

/** @import { Area, Language, Legend, Named, PageStore, State } from "../page/state.js" */
/** @import { AreaMap } from "../map/map.js" */
/** @import { Point } from "../map/points.js" */
import { byId, element } from "../page/dom.js";
import { momentText, shortReason, subjectOf } from "../alerts/alert_words.js";
import { counted, fill, formatMeasured, formatNumber, formatShare, words } from "../words/i18n.js";
import { measureName } from "../choice/legend.js";
import { MEASURES } from "../page/url.js";
import { hexagonNames } from "./hexagon_names.js";

/** From the pointer to the tooltip, px. */
const AWAY = 14;

/** @param {AreaMap} areaMap @param {PageStore} store */
export function showTooltip(areaMap, store) {
  const box = byId("tooltip");
  let [drawnText, width, height] = ["", 0, 0];
  const nameOf = hexagonNames();
  areaMap.onHover((hovered) => {
    box.hidden = !hovered;
    if (!hovered) return;
    const state = store.get();
    const { place: pointer, ...what } = hovered;
    const now = JSON.stringify([what, state.view.language, state.legend?.measure, state.legend?.label]);
    // The pointer moves often, and seldom to another area: only then is anything drawn and measured.
    if (now !== drawnText) {
      delete box.dataset["area"];
      box.replaceChildren(
        ...("area" in what
          ? areaParts(state, withName(what.area, state, nameOf, box))
          : "alert" in what
            ? alertParts(state, what.alert)
            : pointParts(state, what.point)),
      );
      [drawnText, width, height] = [now, box.offsetWidth, box.offsetHeight];
    }
    placeTooltip(box, pointer, width, height);
  });
}

/**
 * A hexagon with its name, if that is known; else the name is put above its numbers once it is, unless they have made room for others.
 * @param {Area} area @param {State} state @param {ReturnType<typeof hexagonNames>} nameOf @param {HTMLElement} box @returns {Area}
 */
function withName(area, { view }, nameOf, box) {
  if (area.name || view.layer !== "hexes") return area;
  const heading = (/** @type {Named} */ name) => box.dataset["area"] === area.key && box.prepend(element("h2", {}, name[view.language]));
  box.dataset["area"] = area.key;
  return { ...area, name: nameOf(area.key, view, heading) };
}

/** @param {State} state @param {Area} area */
function areaParts({ legend, view: { language } }, area) {
  const name = area.name ? [element("h2", {}, area.name[language])] : [];
  return [...name, countsList(language, area, legend)];
}

/** Why there is an alert, in short. @param {State} state @param {number} id */
function alertParts({ alerts, view: { language }, summary }, id) {
  const alert = alerts?.answer?.alerts.find((one) => one.id === id);
  if (!alert) return [];
  const since = fill(words(language).alerts.since, { time: momentText(language, alert.since, summary?.time_zone ?? "UTC") });
  return [
    element("h2", {}, `${alert.place.name[language]}: ${subjectOf(language, alert)}`),
    element("p", {}, `${shortReason(language, alert)}, ${since}`),
  ];
}

/** A single incident, or how many there are at the place. @param {State} state @param {Point} point */
function pointParts({ summary, view: { language } }, { n, open, overdue, sector, status, age }) {
  const { measure, measures, now } = words(language);
  const { ages } = measures;
  const came = [measures.newest, [ages.today, ages.days3, ages.week, ages.month, ages.older][age] ?? ""];
  const title =
    n > 1 ? counted(language, n, measures.atPlace) : (summary?.sectors.find(({ code }) => code === sector)?.name[language] ?? sector);
  const single = [
    [now.ladder, /** @type {Record<string, string>} */ (now.status)[status] ?? status],
    [now.received, came[1] ?? ""],
  ];
  const several = [[measure.open, formatNumber(language, open)], [measure.overdue, formatNumber(language, overdue)], came];
  const late = n === 1 && overdue ? [element("p", {}, measures.late)] : [];
  return [element("h2", {}, title), rowList(n > 1 ? several : single), ...late];
}

/** On the side of the pointer where there is room. @param {HTMLElement} box @param {{ x: number, y: number }} pointer @param {number} width @param {number} height of the box, px */
function placeTooltip(box, { x, y }, width, height) {
  const frame = byId("map").getBoundingClientRect();
  const left = frame.left + (x + AWAY + width > frame.width ? x - AWAY - width : x + AWAY);
  const top = frame.top + (y + AWAY + height > frame.height ? y - AWAY - height : y + AWAY);
  box.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, top)}px)`;
}

/** A card for the selected one. @param {PageStore} store */
export function showPanel(store) {
  const redraw = () => drawPanel(store);
  store.watch((state) => state.selected, redraw);
  store.watch((state) => state.view, redraw);
}

/** @param {PageStore} store */
function drawPanel(store) {
  const { view, selected, legend } = store.get();
  const box = byId("panel");
  box.hidden = !view.cell;
  if (!view.cell) return box.replaceChildren();
  const dictionary = words(view.language);
  const close = () => store.set({ view: { ...store.get().view, cell: "" }, selected: null });
  const title = view.layer === "hexes" ? dictionary.hexagon : (selected?.name?.[view.language] ?? view.cell);
  box.setAttribute("aria-label", title);
  return box.replaceChildren(
    element(
      "header",
      {},
      element("h2", {}, title),
      element("button", { type: "button", class: "icon", "aria-label": dictionary.close, onclick: close }, "×"),
    ),
    selected ? countsList(view.language, selected, legend) : element("p", { class: "muted" }, dictionary.notInView),
  );
}

/** @param {Language} language @param {Area} counts @param {Legend | null} legend */
function countsList(language, counts, legend) {
  const dictionary = words(language);
  const rows = [
    [dictionary.measure.count, formatNumber(language, counts.n)],
    [dictionary.measure.open, formatNumber(language, counts.open)],
    [dictionary.measure.overdue, formatNumber(language, counts.overdue)],
    [dictionary.shareOpen, formatShare(language, counts.n ? counts.open / counts.n : 0)],
    ...changeRow(language, counts),
    ...valueRow(language, counts, legend),
  ];
  return rowList(rows);
}

/** @param {string[][]} rows name and value */
function rowList(rows) {
  return element("dl", {}, ...rows.map(([name = "", value = ""]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/** Against the compared window. @param {Language} language @param {Area} area */
function changeRow(language, { n, before, significant }) {
  if (before === null) return [];
  const { overview, measures } = words(language);
  const change = before ? ` (${formatMeasured(language, "change", n / before - 1)}${significant ? "" : `, ${measures.byChance}`})` : "";
  return [[overview.former, `${formatNumber(language, before)}${change}`]];
}

/** The coloured measure, where it is none of the counts; by the name of its class where classes have names. @param {Language} language @param {Area} area @param {Legend | null} legend */
function valueRow(language, { value, class: number }, legend) {
  const className = legend?.classes.find((row) => row.class === number)?.name;
  if (legend && className) return [[measureName(language, legend), className[language]]];
  if (!legend || value === null || legend.measure === "change" || MEASURES.some((measure) => measure === legend.measure)) return [];
  return [[measureName(language, legend), formatMeasured(language, legend.measure, value)]];
}
