/** Steps into the map and out of it: district, hexagon, incident, alert. */

/** @import { Alert } from "../alerts/alert_types.js" */
/** @import { PageStore, State, Tab, View } from "../page/state.js" */
import { isNarrowedTo, keptOf, narrowedTo } from "./alert_focus.js";
import { ofLayer } from "./layer_measures.js";

/** What is selected, as one comparable text; "" for nothing. @param {Pick<View, "layer" | "cell" | "incident" | "alert">} view */
export function keyOf({ layer, cell, incident, alert }) {
  if (incident) return `incident ${incident}`;
  return alert ? `alert ${alert}` : cell && `${layer} ${cell}`;
}

/** Whether somebody looks at the panel of this tab. @param {State} state @param {Tab} tab */
export function isShown({ view }, tab) {
  return view.tab === tab && !keyOf(view);
}

/** @param {PageStore} store @param {Partial<View>} change */
function changeView(store, change) {
  store.set({ view: { ...store.get().view, ...change }, selected: null });
}

/** Measures that only hexagons have cannot colour districts. @param {PageStore} store @param {string} code @param {Partial<View>} more of the view, to change at the same time */
export function toDistrict(store, code, more = {}) {
  changeView(store, { ...ofLayer(store.get().view, "districts"), layer: "districts", cell: code, incident: "", alert: "", ...more });
}

/** Rates that only districts have cannot colour hexagons. @param {PageStore} store @param {string} cell */
export function toHexagon(store, cell) {
  changeView(store, { ...ofLayer(store.get().view, "hexes"), layer: "hexes", cell, incident: "", alert: "" });
}

/** The area or alert that it was found in stays selected. @param {PageStore} store @param {number} id */
export function toIncident(store, id) {
  changeView(store, { incident: String(id) });
}

/**
 * Open an alert: its panel, and map and time narrowed to its messages. What was chosen before comes back when it is closed.
 * @param {PageStore} store @param {Pick<Alert, "id" | "selection" | "since">} alert
 */
export function toAlert(store, alert) {
  const { view, beforeAlert } = store.get();
  const narrowed = narrowedTo(alert, Date.now());
  const former = beforeAlert && isNarrowedTo(view, beforeAlert.narrowed) ? beforeAlert.former : keptOf(view);
  store.set({
    view: { ...view, ...narrowed, alert: String(alert.id), cell: "", incident: "" },
    selected: null,
    beforeAlert: { former, narrowed },
  });
}

/** What is put back when the opened alert is closed: nothing where its selection was not applied, or has been changed since. @param {PageStore} store @returns {Partial<View>} */
export function formerView(store) {
  const { view, beforeAlert } = store.get();
  return view.alert && beforeAlert && isNarrowedTo(view, beforeAlert.narrowed) ? beforeAlert.former : {};
}

/**
 * The list of the messages of a place, beside the map.
 * @param {PageStore} store @param {Record<string, string>} filters that narrow the list to the place @param {Partial<View>} more of the view: a sector, an order
 */
export function toList(store, filters, more = {}) {
  const { view } = store.get();
  const narrowed = { ...view.filters, ...filters };
  changeView(store, { filters: narrowed, cell: "", incident: "", alert: "", tab: "now", list: "received", ...more });
}

/** @param {PageStore} store */
export function stepOut(store) {
  if (store.get().view.incident) changeView(store, { incident: "" });
  else closePlace(store);
}

/** @param {PageStore} store */
export function closePlace(store) {
  changeView(store, { ...formerView(store), cell: "", incident: "", alert: "" });
}
