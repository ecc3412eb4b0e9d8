/** The wall's own elements, in place of those of the page that people work with. */

import { byId, element } from "../page/dom.js";

/** @typedef {ReturnType<typeof setScene>} Scene */

/** The map, its legend and the notices are those of the page; everything to press is taken away. */
export function setScene() {
  document.documentElement.dataset["page"] = "wall";
  const main = document.querySelector("main");
  const [map, legend, synthetic, problem, live] = ["map", "legend", "synthetic", "problem", "live"].map(byId);
  if (!main || !map || !legend || !synthetic || !problem || !live) throw new Error("wall.html has no main");
  const [title, sector, period] = [element("h1", {}), element("p", { id: "wall-sector" }), element("p", { id: "wall-period" })];
  const credits = element("p", { id: "wall-credits" });
  const clock = element("p", { id: "wall-clock" });
  const figures = element("dl", { id: "wall-figures" });
  const attention = element("section", { id: "wall-attention" });
  const head = element(
    "header",
    { id: "wall-head" },
    element("div", {}, title, period),
    element("div", { id: "wall-middle" }, sector, synthetic, problem),
    element("div", { id: "wall-state" }, clock, live),
  );
  main.replaceChildren(head, figures, element("div", { id: "wall-map" }, legend, map), attention, credits);
  return { title, sector, period, clock, figures, attention, map, credits };
}
