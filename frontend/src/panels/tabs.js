/** The tabs beside the map: one panel at a time, or none; a selected place stands in their stead until it is closed. */

/** @import { PageStore, Tab } from "../page/state.js" */
import { byId, element, replaceButtons } from "../page/dom.js";
import { TABS } from "../page/url.js";
import { words } from "../words/i18n.js";
import { overdueBadge } from "../parts/figures.js";
import { formerView, keyOf } from "../view/steps.js";

/** Panels with tables that may be wide. @type {ReadonlySet<string>} */
const TABLES = new Set(["overview", "analysis"]);

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
  byId("tab-list").addEventListener("keydown", moveByArrow);
  // On a phone the choices are one of the panels; elsewhere this button is not there.
  byId("choose").addEventListener("click", () => openTab(store, ""));
  byId("fold").addEventListener("click", () => openTab(store, store.get().view.tab === "" ? "overview" : ""));
}

/** A tab, or none; a selected place is closed. @param {PageStore} store @param {Tab | ""} tab */
function openTab(store, tab) {
  byId("sheet").scrollTop = 0;
  store.set({ view: { ...store.get().view, ...formerView(store), tab, cell: "", incident: "", alert: "" }, selected: null });
}

/** @param {PageStore} store */
function drawTabs(store) {
  const { view } = store.get();
  const dictionary = words(view.language);
  const placed = keyOf(view) !== "";
  document.documentElement.dataset["tab"] = placed ? "place" : view.tab;
  document.documentElement.toggleAttribute("data-wide", view.wide && !placed && TABLES.has(view.tab));
  byId("tab-list").setAttribute("aria-label", dictionary.panels);
  replaceButtons(
    byId("tab-list"),
    TABS.map((tab) => tabButton(store, tab, tab === view.tab && !placed)),
  );
  const text = view.tab === "" ? dictionary.unfold : dictionary.fold;
  for (const name of ["aria-label", "title"]) byId("fold").setAttribute(name, text);
  byId("fold").textContent = view.tab === "" ? "«" : "»";
  byId("choose").textContent = dictionary.controls;
  byId("choose").setAttribute("aria-pressed", String(view.tab === "" && !placed));
  byId("tab-panels").hidden = placed;
  for (const tab of TABS) byId(tab).hidden = tab !== view.tab;
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
    "aria-controls": tab,
    "aria-selected": String(selected),
    tabindex: reachable ? "0" : "-1",
  };
  return element(
    "button",
    { type: "button", ...states, onclick: () => openTab(store, tab) },
    words(language).tabs[tab],
    ...(tab === "now" ? overdueBadge(language, summary) : []),
  );
}

/** Arrows go from tab to tab, as the ARIA practices for tabs want it. @param {KeyboardEvent} event */
function moveByArrow(event) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const at = TABS.findIndex((tab) => document.activeElement?.id === `tab-${tab}`);
  if (!by || at < 0) return;
  event.preventDefault();
  const next = TABS.at((at + by) % TABS.length) ?? "overview";
  byId(`tab-${next}`).click();
  byId(`tab-${next}`).focus();
}
