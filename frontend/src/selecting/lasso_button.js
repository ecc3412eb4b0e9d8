/** The button that turns the lasso on and off, among the map's own. */

/** @import { IControl } from "maplibre-gl" */
/** @import { PageStore } from "../page/state.js" */
import { svg } from "../charts/svg.js";
import { announce } from "../page/copy.js";
import { element } from "../page/dom.js";
import { words } from "../words/i18n.js";

/** @typedef {IControl & { isOn: () => boolean, turn: (on: boolean) => void }} LassoButton */

const LOOP = "M10 3c4 0 7 2 7 4.500s-3 4.500-7 4.500-7-2-7-4.500S6 3 10 3zM6 11.500c-2 1-2 3 0 3.500s1 2.500-1 2.500";

/** @param {PageStore} store @returns {LassoButton} */
export function lassoButton(store) {
  const button = element("button", { type: "button", id: "lasso", "aria-pressed": "false" });
  button.append(
    svg(
      "svg",
      { viewBox: "0 0 20 20", width: 20, height: 20, "aria-hidden": "true" },
      svg("path", { d: LOOP, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }),
    ),
  );
  const box = element("div", { class: "maplibregl-ctrl maplibregl-ctrl-group" }, button);
  let on = false;
  const turn = (/** @type {boolean} */ value) => {
    on = value;
    button.setAttribute("aria-pressed", String(on));
    document.getElementById("map")?.classList.toggle("drawing", on);
    if (on) announce(words(store.get().view.language).analyst.lassoHint);
  };
  button.addEventListener("click", () => turn(!on));
  store.watch(
    (state) => state.view.language,
    (language) => {
      const { lasso, lassoHint } = words(language).analyst;
      button.setAttribute("aria-label", lasso);
      button.title = lassoHint;
    },
  );
  return { onAdd: () => box, onRemove: () => box.remove(), isOn: () => on, turn };
}
