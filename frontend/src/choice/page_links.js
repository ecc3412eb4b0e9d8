/** Beside scheme and language: the weekly report, and the whole screen. */

/** @import { PageStore } from "../page/state.js" */
import { byId, element } from "../page/dom.js";
import { offerFullScreen } from "../page/full_screen.js";
import { serviceRoot } from "../page/service.js";
import { words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showPageLinks(store) {
  const report = element("a", { id: "report-link", class: "link" });
  const full = element("button", { id: "full-screen", type: "button", class: "link" });
  byId("scheme").before(report, full);
  offerFullScreen(full);
  store.watch(
    (state) => state.view,
    ({ language, filters }) => {
      const { regions } = words(language);
      report.textContent = regions.report;
      report.href = reportAddress(language, filters["district"] ?? "");
      full.textContent = "⛶";
      full.title = regions.fullScreen;
      full.setAttribute("aria-label", regions.fullScreen);
    },
  );
}

/** Of the last whole week; of the chosen district, if it is one. @param {string} language @param {string} district */
export function reportAddress(language, district) {
  const query = new URLSearchParams({ lang: language, ...(district && !district.includes(",") && { district }) });
  return `${serviceRoot()}/report?${query}`;
}
