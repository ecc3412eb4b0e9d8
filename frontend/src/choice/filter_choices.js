/** What can be chosen in a filter, what is chosen, and how it is found. Pure. */

/** @import { Language, Named, View } from "../page/state.js" */
import { countedQuery } from "../page/url.js";
import { words } from "../words/i18n.js";

/** @typedef {"status" | "source" | "theme" | "agency" | "district"} Filter */
/** `group`: stands for several others, and before them */
/** @typedef {{ code: string, name: Named, count: number, group?: boolean }} Choice */
/** @typedef {{ dimensions: { code: string, entries: { code: string | null, name: Named | null }[] }[], cells: Record<string, unknown>[], total: Record<string, unknown> }} Breakdown */

/** @type {readonly Filter[]} */
export const FILTERS = ["status", "source", "theme", "agency", "district"];
/** Closed ones are one of the states. */
const STATUS_GROUPS = /** @type {const} */ (["open", "overdue"]);

/** The chosen codes of a filter. @param {View} view @param {string} filter */
export function chosenOf({ filters }, filter) {
  return (filters[filter] ?? "").split(",").filter(Boolean);
}

/** The view with one code more, or one less. @param {View} view @param {string} filter @param {string} code @returns {View} */
export function withCode(view, filter, code) {
  const codes = chosenOf(view, filter);
  const next = codes.includes(code) ? codes.filter((one) => one !== code) : [...codes, code];
  const { [filter]: _, ...others } = view.filters;
  return { ...view, filters: next.length ? { ...others, [filter]: next.join(",") } : others };
}

/**
 * Those whose name or code holds every word that is searched for: groups first, then the frequent ones.
 * @param {readonly Choice[]} choices @param {string} search @param {Language} language
 */
export function found(choices, search, language) {
  const plain = (/** @type {string} */ text) => text.toLocaleLowerCase(language).replaceAll("ё", "е");
  const sought = plain(search).split(/\s+/).filter(Boolean);
  const holds = (/** @type {Choice} */ { code, name }) => sought.every((word) => plain(`${name[language]} ${code}`).includes(word));
  const { compare } = new Intl.Collator(language, { numeric: true });
  return choices
    .filter(holds)
    .toSorted(
      (one, other) =>
        Number(other.group ?? false) - Number(one.group ?? false) ||
        other.count - one.count ||
        compare(one.name[language], other.name[language]),
    );
}

/** Asks for all that the rest of the choice leaves. @param {View} view @param {Filter} filter */
export function addressOf(view, filter) {
  return `/api/breakdown?${countedQuery(view, { by: filter, [filter]: "", ...(filter === "district" && { level: "district" }) })}`;
}

/** @param {Breakdown} answer @param {Filter} filter @returns {Choice[]} */
export function choicesOf({ dimensions: [dimension], cells, total }, filter) {
  const counts = new Map(cells.map((cell) => [cell[filter], Number(cell["count"])]));
  const choices = (dimension?.entries ?? []).flatMap(({ code, name }) =>
    code && name ? [{ code, name, count: counts.get(code) ?? 0 }] : [],
  );
  if (filter !== "status") return choices;
  return [...STATUS_GROUPS.map((code) => ({ code, name: groupName(code), count: Number(total[code]), group: true })), ...choices];
}

/** In the language that is asked for: the words of another one need not be there. @param {typeof STATUS_GROUPS[number]} code @returns {Named} */
function groupName(code) {
  const name = (/** @type {Language} */ language) => words(language).overview.statusGroups[code];
  return {
    get ru() {
      return name("ru");
    },
    get en() {
      return name("en");
    },
  };
}
