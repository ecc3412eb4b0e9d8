/** Light or dark: the stylesheets follow an attribute of the document, the map the view. */

/** @import { PageStore, Scheme } from "./state.js" */
import { words } from "../words/i18n.js";
import { byId, nameButton } from "./dom.js";

/** @type {Record<Scheme, Scheme>} */
const OTHER = { light: "dark", dark: "light" };

/** @param {PageStore} store */
export function showScheme(store) {
  store.watch(
    (state) => state.view.scheme,
    (scheme) => (document.documentElement.dataset["scheme"] = scheme),
  );
}

/** The button that goes to the other one. @param {PageStore} store */
export function offerScheme(store) {
  store.watch(
    (state) => state.view,
    ({ scheme, language }) => nameButton(byId("scheme"), null, words(language).toScheme[OTHER[scheme]]),
  );
  byId("scheme").addEventListener("click", () => {
    const { view } = store.get();
    const scheme = OTHER[view.scheme];
    store.set({ view: { ...view, scheme, look: scheme } });
  });
}
