/** For analysts: two periods side by side, a cross-table, the rating of agencies; each can be downloaded. */

/** @import { PageStore } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { words } from "../words/i18n.js";
import { showAgencies } from "./agencies.js";
import { showComparison } from "./comparison.js";
import { showCross } from "./cross.js";

/** @param {PageStore} store */
export function showAnalysis(store) {
  const wider = element("button", { type: "button", id: "wider", class: "link" });
  byId("analysis").append(wider, ...[showComparison, showCross, showAgencies].map((show) => show(store)));
  let wide = false;
  const draw = () => {
    const { overview } = words(store.get().view.language);
    wider.textContent = wide ? overview.narrower : overview.wider;
    document.documentElement.toggleAttribute("data-wide", wide && store.get().view.tab === "analysis");
  };
  wider.addEventListener("click", () => {
    wide = !wide;
    draw();
  });
  store.watch((state) => state.view, draw);
}
