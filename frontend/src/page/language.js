/** The page's language: its fixed texts, and the button that changes it. */

/** @import { PageStore } from "./state.js" */
import { byId } from "./dom.js";
import { withWords, words } from "../words/i18n.js";

/** @typedef {"title" | "period" | "sectors" | "from" | "until" | "otherLanguage" | "skip" | "showTime"} FixedText */

/** @param {PageStore} store */
export function showLanguage(store) {
  store.watch(
    (state) => state.view.language,
    (language) => {
      const dictionary = words(language);
      document.documentElement.lang = language;
      for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-text]"))) {
        place.textContent = dictionary[/** @type {FixedText} */ (place.dataset["text"])];
      }
      byId("controls").setAttribute("aria-label", dictionary.controls);
      byId("language").setAttribute("lang", language === "ru" ? "en" : "ru");
      byId("language").title = language === "ru" ? "English" : "Русский";
    },
  );
  byId("language").addEventListener("click", () => {
    const language = store.get().view.language === "ru" ? "en" : "ru";
    withWords(language, () => store.set({ view: { ...store.get().view, language } }));
  });
}
