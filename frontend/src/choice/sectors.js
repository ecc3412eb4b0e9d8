/** The sectors: how much each has in the chosen window, and which are chosen. */

/** @import { Group, PageStore } from "../page/state.js" */
import { byId, element, replaceButtons, toggle } from "../page/dom.js";
import { countOf, formatNumber, words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showSectors(store) {
  const draw = () => drawSectors(store);
  store.watch((state) => state.summary, draw);
  store.watch((state) => state.view, draw);
}

/** @param {PageStore} store */
function drawSectors(store) {
  const { view, summary } = store.get();
  const property = countOf(summary ? view.measure : "count");
  const groups = summary?.sectors ?? [];
  const most = Math.max(1, ...groups.map((sector) => sector[property]));
  const all = toggle(view.sectors.length === 0, () => choose(store, []), element("span", { class: "name" }, words(view.language).allSectors));
  replaceButtons(byId("sectors"), [all, ...groups.map((sector) => sectorButton(store, sector, sector[property], most))]);
}

/** @param {PageStore} store @param {Group} sector @param {number} value @param {number} most */
function sectorButton(store, sector, value, most) {
  const { view } = store.get();
  const chosen = view.sectors.includes(sector.code);
  const bar = element("span", { class: "bar", "aria-hidden": "true" });
  bar.style.setProperty("--share", String(value / most));
  const name = element("span", { class: "name" }, sector.name[view.language]);
  const number = element("span", { class: "number" }, formatNumber(view.language, value));
  const others = view.sectors.filter((code) => code !== sector.code);
  const made = toggle(chosen, () => choose(store, chosen ? others : [...others, sector.code]), name, " ", number, bar);
  made.dataset["sector"] = sector.code;
  return made;
}

/** @param {PageStore} store @param {string[]} sectors */
function choose(store, sectors) {
  store.set({ view: { ...store.get().view, sectors } });
}
