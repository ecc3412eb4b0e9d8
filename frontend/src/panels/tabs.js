/** The tabs beside the map: one panel at a time, or none; a selected place stands in their stead until it is closed. */

/** @import { PageStore, State, Tab } from "../page/state.js" */
import { byId, element, replaceButtons } from "../page/dom.js";
import { TABS } from "../page/url.js";
import { words } from "../words/i18n.js";

/** Whether somebody looks at the panel of this tab. @param {State} state @param {Tab} tab */
export function isShown({ view }, tab) {
  return view.tab === tab && !view.cell && !view.incident;
}

/** @param {PageStore} store */
export function showTabs(store) {
  store.watch((state) => state.view, () => drawTabs(store));
  byId("tabs").addEventListener("keydown", (event) => step(event));
}

/** @param {PageStore} store */
function drawTabs(store) {
  const { view } = store.get();
  const dictionary = words(view.language);
  const placed = Boolean(view.cell || view.incident);
  document.documentElement.dataset["tab"] = placed ? "place" : view.tab;
  byId("tabs").setAttribute("aria-label", dictionary.panels);
  const chosen = view.tab || (TABS[0] ?? "overview");
  replaceButtons(byId("tabs"), [...TABS.map((tab) => tabButton(store, tab, tab === chosen && !placed)), foldButton(store)]);
  byId("tab-panels").hidden = placed;
  for (const tab of TABS) byId(tab).hidden = tab !== view.tab;
}

/** @param {PageStore} store @param {Tab} tab @param {boolean} selected */
function tabButton(store, tab, selected) {
  const { view } = store.get();
  const open = () => store.set({ view: { ...store.get().view, tab, cell: "", incident: "" }, selected: null });
  const states = { role: "tab", id: `tab-${tab}`, "aria-controls": tab, "aria-selected": String(selected && view.tab !== ""), tabindex: selected ? "0" : "-1" };
  return element("button", { type: "button", ...states, onclick: open }, words(view.language).tabs[tab]);
}

/** @param {PageStore} store */
function foldButton(store) {
  const { view } = store.get();
  const folded = view.tab === "";
  const dictionary = words(view.language);
  const fold = () => store.set({ view: { ...store.get().view, tab: folded ? "overview" : "", cell: "", incident: "" }, selected: null });
  return element("button", { type: "button", class: "fold", "aria-label": folded ? dictionary.unfold : dictionary.fold, title: folded ? dictionary.unfold : dictionary.fold, onclick: fold }, folded ? "«" : "»");
}

/** Arrows go from tab to tab, as the ARIA practices for tabs want it. @param {KeyboardEvent} event */
function step(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tabs = /** @type {HTMLElement[]} */ ([...byId("tabs").querySelectorAll("[role=tab]")]);
  const at = tabs.findIndex((tab) => tab === document.activeElement);
  if (!by || at < 0) return;
  event.preventDefault();
  const next = tabs.at((at + by) % tabs.length);
  next?.click();
  byId("tabs").querySelector(`#${next?.id}`)?.dispatchEvent(new Event("focusin"));
  /** @type {HTMLElement | null} */ (byId("tabs").querySelector(`#${next?.id}`))?.focus();
}
