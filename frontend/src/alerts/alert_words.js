/** Alerts and changes in words. */

/** @import { Language, State } from "../page/state.js" */
/** @import { Alert, Change } from "./alert_types.js" */
import { fill, formatNumber, formatSpan, words } from "../words/i18n.js";

/** Chance gives so large a difference, in either direction, once in a thousand pairs of district and theme. */
const SURE_LOG10_P = -3;

/** A moment near now: without the year. @param {Language} language @param {string} instant @param {string} timeZone */
export function momentText(language, instant, timeZone) {
  return new Intl.DateTimeFormat(language, {
    timeZone,
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(new Date(instant));
}

/** A number of messages that would be usual: 0.1 is none, 2.4 is 2, unless it decides. @param {Language} language @param {number} expected */
export function expectedText(language, expected) {
  return formatNumber(language, expected, { maximumFractionDigits: expected < 10 && expected >= 0.5 ? 1 : 0 });
}

/** What it is about. @param {Language} language @param {Alert} alert */
export function subjectOf(language, { theme, sector }) {
  return (theme ?? sector).name[language];
}

/**
 * Beside the reason: for how long it goes on or went on, how rare it is, in how many places it is.
 * @param {Language} language @param {Alert} alert @param {number} now ms since 1970
 */
export function aboutAlert(language, { since, closed, group, places, recurrence }, now) {
  const { alerts } = words(language);
  const span = formatSpan(language, Math.max(0, ((closed ? Date.parse(closed) : now) - Date.parse(since)) / 1000));
  const similar = (group?.alerts ?? 1) - 1;
  return [
    fill(closed ? alerts.lasted : alerts.in, { span }),
    ...(places.length > 1 ? [fill(inForm(language, places.length), { n: formatNumber(language, places.length) })] : []),
    ...(similar > 0 ? [fill(alerts.similar, { n: formatNumber(language, similar) })] : []),
    recurrence[language],
  ]
    .filter(Boolean)
    .join(" · ");
}

/** @param {Language} language @param {number} many */
function inForm(language, many) {
  const forms = /** @type {Record<string, string> & { other: string }} */ (words(language).alerts.inPlaces);
  return forms[new Intl.PluralRules(language).select(many)] ?? forms.other;
}

/** In one line, for the map. @param {Language} language @param {Alert} alert */
export function shortReason(language, { n, expected }) {
  return fill(words(language).alerts.short, { n: formatNumber(language, n), expected: expectedText(language, expected) });
}

/**
 * The changes that chance does not explain, those with most evidence first, each direction by itself.
 * @param {readonly Change[]} changes surest first @param {{ up: number, down: number }} most
 */
export function sureChanges(changes, most) {
  const sure = changes.filter(({ log10_p: p }) => p <= SURE_LOG10_P);
  const of = (/** @type {"up" | "down"} */ way) => sure.filter(({ direction }) => direction === way).slice(0, most[way]);
  return { up: of("up"), down: of("down") };
}

/** Where and about what. @param {Language} language @param {Change} change */
export function changeName(language, { district, theme }) {
  return [district?.name[language] ?? words(language).alerts.outside, theme?.name[language]].filter(Boolean).join(": ");
}

/** How many, and how many before. @param {Language} language @param {Change} change */
export function changeText(language, { n, n_compared: before }) {
  return fill(words(language).alerts.change, { n: formatNumber(language, n), before: formatNumber(language, before) });
}

/** That nothing is unusual, and that somebody has looked. @param {Pick<State, "view">} state @param {boolean} narrowed @param {number | null} checked seconds ago */
export function nothingUnusual({ view: { language } }, narrowed, checked) {
  const { alerts } = words(language);
  const none = narrowed ? alerts.noneHere : alerts.none;
  return checked === null ? none : `${none} ${fill(alerts.checked, { ago: agoText(language, checked) })}`;
}

/** Whole minutes: the page does not look every second. @param {Language} language @param {number} seconds */
export function agoText(language, seconds) {
  const [value, unit] =
    seconds < 5400
      ? [Math.round(seconds / 60), /** @type {const} */ ("minute")]
      : [Math.round(seconds / 3600), /** @type {const} */ ("hour")];
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-value, unit);
}
