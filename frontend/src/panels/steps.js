/** Steps into the map and out of it: district, hexagon, incident. */

/** @import { PageStore, View } from "../page/state.js" */

/** What is selected, as one comparable text; "" for nothing. @param {View} view */
export function keyOf({ layer, cell, incident }) {
  return incident ? `incident ${incident}` : cell && `${layer} ${cell}`;
}

/** @param {PageStore} store @param {Partial<View>} change */
function step(store, change) {
  store.set({ view: { ...store.get().view, ...change }, selected: null });
}

/** @param {PageStore} store @param {string} code */
export function toDistrict(store, code) {
  step(store, { layer: "districts", cell: code, incident: "" });
}

/** Rates that only districts have cannot colour hexagons. @param {PageStore} store @param {string} cell */
export function toHexagon(store, cell) {
  const { layer, measure } = store.get().view;
  step(store, { layer: "hexes", cell, incident: "", ...(layer === "districts" && /^per_/.test(measure) && { measure: "count" }) });
}

/** The area that it was found in stays selected. @param {PageStore} store @param {number} id */
export function toIncident(store, id) {
  step(store, { incident: String(id) });
}

/** @param {PageStore} store */
export function stepOut(store) {
  step(store, store.get().view.incident ? { incident: "" } : { cell: "" });
}

/** @param {PageStore} store */
export function leave(store) {
  step(store, { cell: "", incident: "" });
}
