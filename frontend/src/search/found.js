/** What the service has found, as rows of the list, and what choosing one does to the view. */

/** @import { Language, Named, PageStore } from "../page/state.js" */
import { chosenOf, withCode } from "../choice/filter_choices.js";
import { counted, fill, words } from "../words/i18n.js";
import { toDistrict, toHexagon, toIncident } from "../view/steps.js";

/** @typedef {"settlement" | "district" | "agency" | "theme" | "sector" | "incident" | "address"} ResultType */
/**
 * One result of /api/search; docs/search.md has them whole.
 * @typedef {object} Result
 * @property {ResultType} type
 * @property {string | null} code @property {Named} name @property {string} label
 * @property {{ code: string, name: Named } | null} within
 * @property {number} [incidents] of the last 30 days
 * @property {number | null} [population]
 * @property {string} [h3] @property {number | null} [lng] @property {number | null} [lat]
 * @property {string | null} [external_id] @property {string} [status]
 */
/** @typedef {{ query: string, types: string[], results: Result[], unavailable: string[], address_search: boolean, attribution: string }} SearchAnswer */

/** Results by their type, in the order of each type's best one. @param {readonly Result[]} results @returns {[ResultType, Result[]][]} */
export function groupResults(results) {
  const types = [...new Set(results.map(({ type }) => type))];
  return types.map((type) => [type, results.filter((one) => one.type === type)]);
}

/** A key that is the same for the same result of the next answer. @param {Result} result */
export function keyOfResult({ type, code, lng, lat }) {
  return `${type}-${code ?? `${lng}-${lat}`}`;
}

/** What tells a result from its namesakes, in small letters under its name. @param {Language} language @param {Result} result */
export function aboutResult(language, { type, code, within, incidents, population, external_id: externalId, status }) {
  const { messages, now, search } = words(language);
  const states = /** @type {Record<string, string>} */ (now.status);
  return [
    type === "incident" ? [fill(search.number, { id: code ?? "" }), externalId, states[status ?? ""]] : [],
    within?.name[language],
    type === "settlement" && population ? counted(language, population, now.residents) : "",
    incidents === undefined ? "" : counted(language, incidents, messages),
  ]
    .flat()
    .filter(Boolean)
    .join(" · ");
}

/**
 * Places and incidents open, and the map goes there; what incidents are about, and who answers, becomes a filter.
 * @param {PageStore} store @param {Result} result
 * @returns {boolean} whether a place has been opened
 */
export function chooseResult(store, { type, code, h3, name }) {
  const { view, names } = store.get();
  if (type === "incident") toIncident(store, Number(code));
  else if (type === "district") toDistrict(store, code ?? "");
  else if (h3) toHexagon(store, h3);
  else if (type === "sector") store.set({ view: { ...view, sectors: [code ?? ""] } });
  else if ((type === "agency" || type === "theme") && !chosenOf(view, type).includes(code ?? "")) {
    store.set({ view: withCode(view, type, code ?? ""), names: new Map(names).set(`${type} ${code}`, name) });
  }
  return type === "incident" || type === "district" || Boolean(h3);
}

/** What is asked: names and numbers as they are typed, addresses only on demand. @param {{ text: string, address: boolean }} sought @param {Language} language */
export function searchAddress({ text, address }, language) {
  if (!text) return null;
  const types = address ? "&types=address" : "";
  return `/api/search?q=${encodeURIComponent(text)}&lang=${language}${types}`;
}

/** How many were found, for those who cannot see the list. @param {Language} language @param {SearchAnswer} answer @param {{ text: string, address: boolean }} sought */
export function foundText(language, { results, unavailable }, { text, address }) {
  const { search } = words(language);
  if (unavailable.length) return search.unavailable;
  if (results.length) return counted(language, results.length, search.found);
  return address ? search.noAddress : fill(search.none, { text });
}
