/** The worst districts, each with its reason; the numbers before their names stand on the map as well. */

/** @import { Language } from "../page/state.js" */
/** @import { Worst } from "../panels/worst.js" */
import { element } from "../page/dom.js";
import { reasonOf } from "../panels/overview.js";
import { words } from "../words/i18n.js";

/** @param {HTMLElement} box @param {Language} language @param {readonly Worst[]} rows */
export function drawWorst(box, language, rows) {
  const { overview } = words(language);
  const items = rows.map(({ district, excess }, at) =>
    element("li", {}, badge(at + 1), element("div", {}, element("strong", {}, district.name[language]), element("p", {}, reasonOf(language, district, excess)))));
  box.replaceChildren(element("h2", {}, overview.worst), ...(items.length ? [element("ol", {}, ...items)] : [element("p", {}, overview.noneOverdue)]));
}

/** @param {number} rank */
export function badge(rank) {
  return element("span", { class: "badge" }, String(rank));
}
