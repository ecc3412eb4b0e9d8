/** The title of the browser's tab: what the page is, and how many incidents have come while nobody looked at it. */

/** @import { Language, PageStore } from "./state.js" */
import { fill, formatNumber, words } from "../words/i18n.js";

/** @param {PageStore} store */
export function showTitle(store) {
  let seen = store.get().arrived;
  const redraw = () => {
    const { arrived, view } = store.get();
    if (!document.hidden) seen = arrived;
    document.title = titleText(view.language, arrived - seen);
  };
  store.watch((state) => state.arrived, redraw);
  store.watch((state) => state.view.language, redraw);
  document.addEventListener("visibilitychange", redraw);
}

/** @param {Language} language @param {number} unseen */
export function titleText(language, unseen) {
  const { access, title } = words(language);
  return unseen > 0 ? fill(access.newTitle, { n: formatNumber(language, unseen), title }) : title;
}
