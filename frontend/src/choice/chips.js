/** What the choice is narrowed by, each to be taken away again. */

/** @import { PageStore } from "../page/state.js" */
import { element, patch } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";
import { chosenOf, withCode } from "./filter_choices.js";

/** @param {PageStore} store */
export function chipsList(store) {
  const box = element("ul", { id: "chips", hidden: true });
  const redraw = () => drawChips(store, box);
  store.watch((state) => state.view, redraw);
  store.watch((state) => state.names, redraw);
  return box;
}

/** @param {PageStore} store @param {HTMLElement} box */
function drawChips(store, box) {
  const { names, view } = store.get();
  const { overview } = words(view.language);
  const titles = /** @type {Record<string, string>} */ (overview.filters);
  const chips = Object.keys(view.filters).flatMap((filter) => {
    // A set of hexagons is one thing, however many there are.
    if (filter === "cells") return [chip(store, filter, view.filters["cells"] ?? "", words(view.language).analyst.selection)];
    return chosenOf(view, filter).map((code) => {
      const name = names.get(`${filter} ${code}`)?.[view.language] ?? code;
      // How near-duplicates are counted is no list of codes.
      return chip(
        store,
        filter,
        code,
        filter === "duplicates" && code === "merge" ? overview.duplicates : `${titles[filter] ?? filter}: ${name}`,
      );
    });
  });
  const clear = () => store.set({ view: { ...store.get().view, filters: {} } });
  const all =
    chips.length > 1
      ? [
          element(
            "li",
            {},
            element("button", { type: "button", class: "link", "data-key": "clear all", onclick: clear }, overview.clearAll),
          ),
        ]
      : [];
  box.hidden = chips.length === 0;
  patch(box, [...chips, ...all]);
}

/** @param {PageStore} store @param {string} filter @param {string} code @param {string} text */
function chip(store, filter, code, text) {
  const { remove } = words(store.get().view.language).overview;
  const removeChoice = (/** @type {Event} */ { currentTarget: here }) => {
    const row = here instanceof HTMLElement ? here.closest("li") : null;
    const next = row?.nextElementSibling ?? row?.previousElementSibling;
    // The keyboard goes on with the next one.
    /** @type {HTMLElement | null} */ (
      next?.querySelector("button") ?? document.querySelector(`[data-filter="${filter}"] summary`)
    )?.focus();
    const { view } = store.get();
    const { cells: _, ...filters } = view.filters;
    store.set({ view: filter === "cells" ? { ...view, filters } : withCode(view, filter, code) });
  };
  const button = element(
    "button",
    {
      type: "button",
      class: "chip",
      "data-key": `chip ${filter} ${code}`,
      "aria-label": fill(remove, { name: text }),
      onclick: removeChoice,
    },
    text,
    element("span", { "aria-hidden": "true" }, " ×"),
  );
  return element("li", { "data-same": `${filter} ${code}` }, button);
}
