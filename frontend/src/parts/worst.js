/** Which districts are worst, and why: by how many more messages are overdue there than the region's share would give. */

/** @import { DistrictRow } from "../page/answer_types.js" */
/** @import { Language } from "../page/state.js" */
import { fill, formatMeasured, formatNumber, words } from "../words/i18n.js";

/** @typedef {{ district: DistrictRow, excess: number }} Worst */

/** Of fewer messages, or with fewer overdue among them, a share says nothing: one of two overdue is no trouble of a district. */
export const LEAST_MESSAGES = 10;
export const LEAST_OVERDUE = 3;

/**
 * Those with more overdue messages than they would have if the share overdue were the same everywhere, most first.
 * So neither the largest city is always first, nor a village with one message that is late.
 * @param {readonly DistrictRow[]} districts @param {{ count: number, overdue: number }} total @param {number} most
 * @returns {Worst[]}
 */
export function worstDistricts(districts, total, most = 5) {
  const share = total.count ? total.overdue / total.count : 0;
  return districts
    .filter(({ count, overdue }) => count >= LEAST_MESSAGES && overdue >= LEAST_OVERDUE)
    .map((district) => ({ district, excess: district.overdue - share * district.count }))
    .filter(({ excess }) => excess > 0)
    .sort((one, other) => other.excess - one.excess || other.district.overdue - one.district.overdue)
    .slice(0, most);
}

/**
 * Whether chance explains the difference of two counts over equally long windows: given both together, each message lies in
 * either with the same probability (Przyborowski and Wilenski 1940), here by the normal approximation at 5 %.
 * @param {number} now @param {number} before
 */
export function byChance(now, before) {
  return Math.abs(now - before) <= 1.96 * Math.sqrt(now + before);
}

/** Why a district is among the worst, as one sentence. @param {Language} language @param {DistrictRow} district @param {number} excess */
export function reasonOf(language, district, excess) {
  const { overview } = words(language);
  const number = (/** @type {number} */ value) => formatNumber(language, value);
  const parts = [
    fill(overview.reason, {
      overdue: number(district.overdue),
      count: number(district.count),
      excess: number(Math.max(1, Math.round(excess))),
    }),
  ];
  const theme = district.leading_theme;
  if (theme) parts.push(fill(overview.leading, { theme: theme.name[language], n: number(theme.n) }));
  return parts.join("; ");
}

/** How many more came than before, unless chance explains it. @param {Language} language @param {DistrictRow} district @param {"previous" | "year"} by */
export function growthOf(language, { change, count, n_compared: before }, by) {
  // That fewer came is no reason to be called worst.
  if (change === null || change <= 0 || !before || byChance(count, before)) return [];
  return [fill(words(language).overview.growth[by], { change: formatMeasured(language, "change", change) })];
}
