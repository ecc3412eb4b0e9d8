/** The tabs beside the map: one panel at a time, or none; a selected place stands in their stead until it is closed. */

/** @import { PageStore, Tab } from "../page/state.js" */
import { icon } from "../charts/icons.js";
import { byId, element, nameButton, replaceButtons } from "../page/dom.js";
import { TABS } from "../page/url.js";
import { words } from "../words/i18n.js";
import { overdueBadge } from "../parts/figures.js";
import { formerView, keyOf } from "../view/steps.js";

/** Panels with tables that may be wide. @type {ReadonlySet<string>} */
const TABLES = new Set(["overview", "analysis"]);
/** Where the filters have a column of their own: as in styles/page.css. */
const WIDE = "(width >= 1800px) and (height >= 800px)";

/** @param {PageStore} store */
export function showTabs(store) {
  store.watch(
    (state) => state.view,
    () => drawTabs(store),
  );
  store.watch(
    (state) => state.summary?.overdue,
    () => drawTabs(store),
  );
  const wide = matchMedia(WIDE);
  const leaveFilters = () => {
    if (wide.matches && store.get().view.tab === "filters") store.set({ view: { ...store.get().view, tab: "overview" } });
    drawTabs(store);
  };
  // Kept: a query that nothing refers to may be forgotten with its listeners.
  wide.addEventListener("change", leaveFilters);
  store.watch((state) => state.view.tab, leaveFilters);
  byId("tab-list").addEventListener("keydown", moveByArrow);
  for (const id of ["fold", "enlarge"])
    byId(id).addEventListener("click", () => openTab(store, store.get().view.tab === "" ? "overview" : ""));
}

/** A tab, or none; a selected place is closed. @param {PageStore} store @param {Tab | ""} tab */
function openTab(store, tab) {
  byId("side").scrollTop = 0;
  store.set({ view: { ...store.get().view, ...formerView(store), tab, cell: "", incident: "", alert: "" }, selected: null });
}

/** @param {PageStore} store */
function drawTabs(store) {
  const { view } = store.get();
  const dictionary = words(view.language);
  const placed = keyOf(view) !== "";
  const folded = view.tab === "" && !placed;
  document.documentElement.dataset["tab"] = placed ? "place" : view.tab;
  document.documentElement.toggleAttribute("data-wide", view.wide && !placed && TABLES.has(view.tab));
  byId("tab-list").setAttribute("aria-label", dictionary.panels);
  replaceButtons(
    byId("tab-list"),
    TABS.map((tab) => tabButton(store, tab, tab === view.tab && !placed)),
  );
  nameButton(byId("fold"), icon(folded ? "left" : "right"), folded ? dictionary.unfold : dictionary.fold);
  nameButton(byId("enlarge"), icon(folded ? "up" : "down"), dictionary.enlarge[folded ? "panel" : "map"]);
  nameControls(dictionary.controls);
  byId("tab-panels").hidden = placed;
  for (const tab of TABS) byId(tab === "filters" ? "controls" : tab).hidden = tab !== view.tab && tab !== "filters";
}

/** In a column of their own the filters are no panel of a tab. @param {string} name */
function nameControls(name) {
  const controls = byId("controls");
  controls.setAttribute("role", matchMedia(WIDE).matches ? "region" : "tabpanel");
  controls.setAttribute("aria-label", name);
}

/** @param {PageStore} store @param {Tab} tab @param {boolean} selected */
function tabButton(store, tab, selected) {
  // All can be reached where none is selected.
  const { summary, view } = store.get();
  const { tab: chosen, language } = view;
  const reachable = selected || !chosen || keyOf(view) !== "";
  const states = {
    role: "tab",
    id: `tab-${tab}`,
    "aria-controls": tab === "filters" ? "controls" : tab,
    "aria-selected": String(selected),
    tabindex: reachable ? "0" : "-1",
    title: words(language).tabs[tab],
  };
  return element(
    "button",
    { type: "button", ...states, onclick: () => openTab(store, tab) },
    icon(tab),
    element("span", {}, words(language).tabs[tab]),
    ...(tab === "now" ? overdueBadge(language, summary) : []),
  );
}

/** Arrows go from tab to tab, as the ARIA practices for tabs want it. @param {KeyboardEvent} event */
function moveByArrow(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tabs = /** @type {HTMLElement[]} */ ([...byId("tab-list").children]).filter((tab) => tab.offsetParent);
  const at = tabs.findIndex((tab) => document.activeElement === tab);
  if (!by || at < 0) return;
  event.preventDefault();
  const { id } = tabs.at((at + by) % tabs.length) ?? { id: "tab-overview" };
  byId(id).click();
  byId(id).focus();
}
