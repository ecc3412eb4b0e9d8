/** What the frame shows, in words: its heading, its title for screen readers, and what it tells the page around it. */

/** @import { Language, Named, PageStore, State } from "../page/state.js" */
import { measureName } from "../choice/legend.js";
import { fetchJson } from "../page/api.js";
import { fetchRegionName } from "../page/region_name.js";
import { formatWindow } from "../words/dates.js";
import { words } from "../words/i18n.js";

/** Filters whose codes have names. */
const NAMED = /** @type {const} */ (["theme", "source", "agency", "status", "district"]);
const DEFAULT_WINDOW = "30d";

/** @typedef {ReadonlyMap<string, Named>} Names by "filter code" */

/**
 * Keep a heading level with what is shown.
 * @param {PageStore} store @param {HTMLElement} heading
 */
export function showAbout(store, heading) {
  /** @type {Named | null} */
  let region = null;
  /** @type {Names} */
  let names = new Map();
  const render = () => {
    const text = aboutText(store.get(), names, region);
    heading.textContent = text;
    heading.title = text;
    document.title = text;
  };
  store.watch((state) => state.view, render);
  store.watch((state) => state.legend, render);
  store.watch((state) => state.summary, render);
  store.watch(
    (state) => state.view.filters["district"] ?? "",
    async (district) => {
      region = await fetchRegionName(district).catch(() => null);
      render();
    },
  );
  store.watch(
    (state) => NAMED.map((filter) => state.view.filters[filter] ?? "").join(" "),
    async (_, { view }) => {
      names = await fetchNames(view.filters);
      render();
    },
  );
}

/** Sectors, other filters, measure, period and region: "Дороги · Открытые сообщения · 30 дней · Краснодарский край". @param {Pick<State, "view" | "summary" | "legend">} state @param {Names} names @param {Named | null} region */
export function aboutText({ view, summary, legend }, names, region) {
  const { language, filters } = view;
  const dictionary = words(language);
  const sectors = namesOf(filters["sector"], (code) => summary?.sectors.find((sector) => sector.code === code)?.name[language]);
  // The region's name says which district it is.
  const others = NAMED.filter((filter) => filter !== "district" || filters[filter]?.includes(",")).map((filter) =>
    namesOf(filters[filter], (code) => names.get(`${filter} ${code}`)?.[language]),
  );
  const compared = /** @type {Record<string, string>} */ (dictionary.measures.comparedShort)[filters["compare"] ?? ""];
  return [
    sectors || dictionary.allSectors,
    ...others,
    legend ? measureName(language, legend) : "",
    windowText(language, { filters, summary }),
    compared ?? "",
    region?.[language] ?? "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {Language} language @param {{ filters: State["view"]["filters"], summary: State["summary"] }} state */
function windowText(language, { filters, summary }) {
  if (filters["from"] || filters["to"]) return summary ? formatWindow(language, summary) : "";
  const known = /** @type {Record<string, string>} */ (words(language).windows);
  return known[filters["window"] ?? DEFAULT_WINDOW] ?? (summary ? formatWindow(language, summary) : "");
}

/** @param {string | undefined} codes @param {(code: string) => string | undefined} nameOf */
function namesOf(codes, nameOf) {
  const all = (codes ?? "").split(",").filter(Boolean);
  return all.map((code) => nameOf(code) ?? code).join(", ");
}

/** Of the chosen codes; none where the service does not say. @param {State["view"]["filters"]} filters @returns {Promise<Names>} */
async function fetchNames(filters) {
  const pairs = await Promise.all(
    NAMED.filter((filter) => filters[filter]).map(async (filter) => {
      const query = new URLSearchParams({ by: filter, window: "7d", [filter]: filters[filter] ?? "" });
      const { dimensions } = await fetchJson(`/api/breakdown?${query}`).catch(() => ({ dimensions: [] }));
      const entries = /** @type {{ code: string | null, name: Named }[]} */ (dimensions[0]?.entries ?? []);
      return entries.map(({ code, name }) => /** @type {[string, Named]} */ ([`${filter} ${code}`, name]));
    }),
  );
  return new Map(pairs.flat());
}
