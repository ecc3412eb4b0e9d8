/** What people write about in a place, its settlements, and its time. */

/** @import { Bucket, Portrait } from "../page/answer_types.js" */
/** @import { Language } from "../page/state.js" */
import { drawChart } from "../parts/timeline_chart.js";
import { element } from "../page/dom.js";
import { formatDay } from "../words/dates.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { linkButton } from "../parts/figures.js";

/** Of the timeline, px. */
const CHART = { width: 340, height: 84 };
const MOST_THEMES = 5;
const MOST_SETTLEMENTS = 6;

/**
 * The themes with most messages, and how many each had before; each leads to the list of its messages.
 * @param {Language} language @param {Portrait["themes"]} themes most messages first @param {(code: string) => void} open
 */
export function themesOf(language, themes, open) {
  const { alerts } = words(language);
  const rows = themes
    .filter(({ n }) => n)
    .slice(0, MOST_THEMES)
    .map(({ code, name, n, n_compared: before }) => {
      const link = linkButton(`theme ${code}`, name[language], () => open(code));
      return element("li", { "data-theme": code }, link, countsOf(language, n, before));
    });
  return rows.length
    ? [element("section", { "data-part": "themes" }, element("h3", {}, alerts.themes), element("ul", { class: "themes" }, ...rows))]
    : [];
}

/** @param {Language} language @param {number} n @param {number | null} before */
function countsOf(language, n, before) {
  const then =
    before === null
      ? []
      : [element("span", { class: "note" }, fill(words(language).alerts.themeBefore, { n: formatNumber(language, before) })), " "];
  return element("span", {}, ...then, element("strong", {}, formatNumber(language, n)));
}

/** @param {Language} language @param {Portrait["settlements"]} settlements most messages first */
export function settlementsOf(language, settlements) {
  if (!settlements.length) return [];
  const { alerts } = words(language);
  const rows = settlements
    .slice(0, MOST_SETTLEMENTS)
    .map(({ name, n, n_compared: before }) => element("li", {}, element("span", {}, name[language]), countsOf(language, n, before)));
  return [
    element("section", { "data-part": "settlements" }, element("h3", {}, alerts.settlements), element("ul", { class: "themes" }, ...rows)),
  ];
}

/** @param {Language} language @param {{ timeline: { bucket: string, buckets: Bucket[] }, time_zone: string }} answer @param {number} count all messages of the place */
export function timelineOf(language, { timeline: { buckets }, time_zone: timeZone }, count) {
  const peak = buckets.toSorted((one, other) => other.count - one.count)[0];
  if (!peak || !count) return [];
  const { now, messages } = words(language);
  const day = (/** @type {string} */ instant) => formatDay(language, instant, timeZone);
  const says = fill(now.timelineSays, {
    total: counted(language, count, messages),
    from: day(buckets[0]?.from ?? ""),
    to: day(buckets.at(-1)?.from ?? ""),
    day: day(peak.from),
    most: formatNumber(language, peak.count),
  });
  const chart = drawChart({ buckets, time_zone: timeZone }, { ...CHART, language });
  return [element("section", { "data-part": "timeline" }, element("h3", {}, now.timeline), chart, element("p", { class: "muted" }, says))];
}
