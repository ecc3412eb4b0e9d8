/** The numbers of one hexagon: beside the pointer, and in a card for the selected one. */

/** @import { Counts, Language, PageStore } from "./state.js" */
/** @import { HexMap } from "./map.js" */
import { byId, element } from "./dom.js";
import { formatNumber, formatShare, words } from "./i18n.js";

const COPIED_MS = 2000;
/** From the pointer to the tooltip, px. */
const AWAY = 14;

/** @param {HexMap} hexMap @param {PageStore} store */
export function showTooltip(hexMap, store) {
  const box = byId("tooltip");
  hexMap.onHover((hovered) => {
    box.hidden = !hovered;
    if (!hovered) return;
    box.replaceChildren(countsList(store.get().view.language, hovered.counts));
    place(box, hovered.place);
  });
}

/** On the side of the pointer where there is room. @param {HTMLElement} box @param {{ x: number, y: number }} pointer */
function place(box, { x, y }) {
  const left = x + AWAY + box.offsetWidth > innerWidth ? x - AWAY - box.offsetWidth : x + AWAY;
  const top = y + AWAY + box.offsetHeight > innerHeight ? y - AWAY - box.offsetHeight : y + AWAY;
  box.style.transform = `translate(${Math.max(0, left)}px, ${Math.max(0, top)}px)`;
}

/** @param {PageStore} store */
export function showPanel(store) {
  const draw = () => drawPanel(store);
  store.watch((state) => state.selected, draw);
  store.watch((state) => state.view, draw);
}

/** @param {PageStore} store */
function drawPanel(store) {
  const { view, selected } = store.get();
  const box = byId("panel");
  box.hidden = !view.cell;
  if (!view.cell) return box.replaceChildren();
  const dictionary = words(view.language);
  const close = () => store.set({ view: { ...store.get().view, cell: "" }, selected: null });
  box.setAttribute("aria-label", dictionary.hexagon);
  return box.replaceChildren(
    element("header", {}, element("h2", {}, dictionary.hexagon), element("button", { type: "button", class: "icon", "aria-label": dictionary.close, onclick: close }, "×")),
    selected ? countsList(view.language, selected) : element("p", { class: "muted" }, dictionary.notInView),
    element("p", { class: "index" }, `${dictionary.h3} `, element("code", {}, view.cell)),
    copyButton(view.language),
  );
}

/** @param {Language} language @param {Counts} counts */
function countsList(language, counts) {
  const dictionary = words(language);
  const rows = [
    [dictionary.measure.count, formatNumber(language, counts.n)],
    [dictionary.measure.open, formatNumber(language, counts.open)],
    [dictionary.measure.overdue, formatNumber(language, counts.overdue)],
    [dictionary.shareOpen, formatShare(language, counts.n ? counts.open / counts.n : 0)],
  ];
  return element("dl", {}, ...rows.map(([name = "", value = ""]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
}

/** @param {Language} language */
function copyButton(language) {
  const dictionary = words(language);
  const made = element("button", { type: "button" }, dictionary.copyLink);
  made.addEventListener("click", async () => {
    await navigator.clipboard.writeText(location.href);
    made.textContent = dictionary.copied;
    setTimeout(() => (made.textContent = dictionary.copyLink), COPIED_MS);
  });
  return made;
}
