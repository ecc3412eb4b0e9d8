/** What is chosen, in words: for titles of pictures and of paper. */

/** @import { State } from "../page/state.js" */
import { formatWindow } from "./dates.js";
import { fill, words } from "./i18n.js";

/**
 * The choice in short lines: sectors, filters, window, comparison.
 * @param {Pick<State, "view" | "summary" | "names">} state
 * @returns {string[]}
 */
export function selectionWords({ view, summary, names }) {
  const { language } = view;
  const dictionary = words(language);
  const sectors = view.sectors.map((code) => summary?.sectors.find((sector) => sector.code === code)?.name[language] ?? code);
  const titles = /** @type {Record<string, string>} */ (dictionary.overview.filters);
  const filters = Object.entries(view.filters).map(([filter, codes]) => {
    if (filter === "cells") return dictionary.analyst.selection;
    const named = codes.split(",").map((code) => names.get(`${filter} ${code}`)?.[language] ?? code);
    return fill("{filter}: {codes}", { filter: titles[filter] ?? filter, codes: named.join(", ") });
  });
  const compared = view.compare ? [dictionary.measures.comparedShort[view.compare]] : [];
  return [
    sectors.length ? sectors.join(", ") : dictionary.allSectors,
    ...filters,
    ...(summary ? [formatWindow(language, summary)] : []),
    ...compared,
  ];
}
