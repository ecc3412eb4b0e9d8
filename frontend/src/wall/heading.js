/** What the wall is about: the region, the sector and the period. */

/** @import { Named, PageStore, View } from "../page/state.js" */
/** @import { WallAnswer } from "./question.js" */
import { attributions } from "../map/attribution.js";
import { fetchRegionNames } from "../page/region_name.js";
import { formatWindow } from "../words/dates.js";
import { counted, words } from "../words/i18n.js";

const AGAIN_MS = 15_000;

/** The region's name, or the chosen district's; asked for until it is known. @param {HTMLElement} box @param {PageStore} store */
export function showTitle(box, store) {
  /** @type {Named | null} */
  let name = null;
  const redraw = (/** @type {View} */ { language }) => {
    const { title } = words(language);
    document.documentElement.lang = language;
    box.textContent = name?.[language] ?? title;
    document.title = name ? `${name[language]} · ${title}` : title;
  };
  const learn = async (/** @type {string} */ district) => {
    try {
      name = await nameOf(district);
      redraw(store.get().view);
    } catch {
      setTimeout(() => learn(district), AGAIN_MS);
    }
  };
  store.watch((state) => state.view, redraw);
  store.watch(
    (state) => state.view.filters["district"] ?? "",
    (district) => void learn(district),
  );
}

/** The name of the chosen district or of the only region; of several how many there are. @param {string} district its code, or "" @returns {Promise<Named | null>} */
async function nameOf(district) {
  const names = await fetchRegionNames(district);
  if (names.length < 2) return names[0] ?? null;
  const several = (/** @type {import("../page/state.js").Language} */ language) =>
    counted(language, names.length, words(language).regions.several);
  // Only the words of the page's language are there.
  return {
    get ru() {
      return several("ru");
    },
    get en() {
      return several("en");
    },
  };
}

/** @param {{ sector: HTMLElement, period: HTMLElement }} boxes @param {View} view @param {WallAnswer} answer */
export function drawHeading({ sector, period }, { language }, { sectors, both }) {
  const dictionary = words(language);
  const names = new Map(both.now.sectors.map(({ code, name }) => [code, name[language]]));
  sector.textContent = sectors.length ? sectors.map((code) => names.get(code) ?? code).join(", ") : dictionary.allSectors;
  period.textContent = `${dictionary.title} · ${formatWindow(language, both.now)}`;
}

/** Whose data they are. @param {HTMLElement} box @param {PageStore} store */
export function showCredits(box, store) {
  store.watch(
    ({ view: { layer, language }, summary }) => `${layer} ${language} ${summary?.attribution ?? ""}`,
    async (_, state) => (box.textContent = (await attributions(state)).join(" · ")),
  );
}
