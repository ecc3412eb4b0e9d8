/** The bar above everything, and the buttons that give the map, time or a panel more room. */

/** @import { PageStore } from "../page/state.js" */
import { icon } from "../charts/icons.js";
import { byId, element, nameButton } from "../page/dom.js";
import { serviceRoot } from "../page/service.js";
import { words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showBar(store) {
  byId("scheme").append(icon("scheme"));
  const full = byId("full-screen");
  // Telephones of one maker have no full screen.
  full.hidden = !document.fullscreenEnabled;
  full.addEventListener("click", () =>
    document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
  );
  for (const [id, attribute] of /** @type {const} */ ([
    ["show-time", "data-time"],
    ["more", "data-more"],
  ])) {
    byId(id).addEventListener("click", () => {
      const shown = document.documentElement.toggleAttribute(attribute);
      byId(id).setAttribute("aria-expanded", String(shown));
    });
  }
  byId("skip").addEventListener("click", () => byId("side").focus());
  store.watch(
    ({ view }) => [view.language, view.filters["district"] ?? ""].join(" "),
    (_, { view: { language, filters } }) => {
      nameButton(full, icon("full"), words(language).fullScreen);
      nameButton(byId("more"), icon("more"), words(language).more);
      nameButton(byId("report"), icon("report"), words(language).report);
      byId("report").append(element("span", {}, words(language).report));
      const district = /^[^,]+$/.exec(filters["district"] ?? "");
      const query = new URLSearchParams({ lang: language, ...(district && { district: district[0] }) });
      byId("report").setAttribute("href", `${serviceRoot()}/report?${query}`);
    },
  );
}
