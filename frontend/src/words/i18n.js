/**
 * The page's words, of the reader's language only: another one is loaded when it is chosen. English is the measure: a key missing
 * in Russian is a type error.
 */

/** @import { Language } from "../page/state.js" */

/** @typedef {Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }} Plural */
/**
 * What another language must have: a text for a text, and for a word that is counted its forms.
 * @template English
 * @typedef {English extends { other: string } ? Plural : English extends string ? string : { [Key in keyof English]: Translated<English[Key]> }} Translated
 */

/** @typedef {typeof import("./en.js").dictionary} English */
/** @typedef {Translated<English>} Dictionary */

/** @type {Record<Language, () => Promise<{ dictionary: Dictionary }>>} */
const LOADERS = { en: () => import("./en.js"), ru: () => import("./ru.js") };

/** @type {Intl.NumberFormatOptions} */
const PERCENT = { style: "percent", maximumFractionDigits: 0 };

/** @type {Partial<Record<Language, Dictionary>>} */
const loaded = {};

/** The words of a language that has been loaded. @param {Language} language */
export function words(language) {
  const dictionary = loaded[language];
  if (!dictionary) throw new Error(`the words of ${language} are not loaded: see loadWords`);
  return dictionary;
}

/** Load the words of a language, if they are not there. @param {Language} language */
export async function loadWords(language) {
  loaded[language] ??= (await LOADERS[language]()).dictionary;
}

/**
 * Act with the words of a language: at once where they are there, else when they have come; not at all where they do not come.
 * @param {Language} language @param {() => void} act
 */
export function withWords(language, act) {
  if (loaded[language]) act();
  else loadWords(language).then(act, console.error);
}

/**
 * The template with each {name} replaced.
 * @param {string} template @param {Record<string, string | number>} values
 */
export function fill(template, values) {
  return template.replaceAll(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * A number as the language writes it, with a minus sign: the formats of both languages have a hyphen in its place.
 * @param {Language} language @param {number} value @param {Intl.NumberFormatOptions} [options]
 */
export function formatNumber(language, value, options) {
  return new Intl.NumberFormat(language, options).format(value).replace("-", "−");
}

/** @param {Language} language @param {number} share 0 to 1 */
export function formatShare(language, share) {
  return formatNumber(language, share, PERCENT);
}

/**
 * A value of a measure: shares as per cent, a change with its sign, others as numbers.
 * @param {Language} language @param {string} measure @param {number} value
 */
export function formatMeasured(language, measure, value) {
  if (measure.startsWith("share")) return formatShare(language, value);
  if (measure !== "change") return formatNumber(language, value, { maximumFractionDigits: 1 });
  return formatNumber(language, value, { ...PERCENT, signDisplay: "exceptZero" });
}

/**
 * A number with its word in the right form: 421 случай, 302 случая.
 * @param {Language} language @param {number} count @param {Plural} forms
 */
export function counted(language, count, forms) {
  const form = new Intl.PluralRules(language).select(count);
  return `${formatNumber(language, count)} ${forms[form] ?? forms.other}`;
}

/**
 * The distance to a moment that has passed, in the largest fitting unit.
 * @param {Language} language @param {number} seconds
 */
export function formatAgo(language, seconds) {
  const format = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });
  if (seconds < 60) return format.format(-Math.floor(seconds), "second");
  if (seconds < 3600) return format.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86_400) return format.format(-Math.floor(seconds / 3600), "hour");
  return format.format(-Math.floor(seconds / 86_400), "day");
}

/**
 * How long something takes, in the two largest units that say enough: 3 h, 2 days 4 h.
 * @param {Language} language @param {number} seconds
 */
export function formatSpan(language, seconds) {
  const part = (/** @type {number} */ value, /** @type {string} */ unit) =>
    new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return part(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return part(hours, "hour");
  const days = Math.floor(hours / 24);
  return days < 3 && hours % 24 ? `${part(days, "day")} ${part(hours % 24, "hour")}` : part(days, "day");
}

/** The measure's numbers as one sentence. @param {Language} language @param {import("../page/state.js").Counts} counts */
export function sentence(language, counts) {
  const dictionary = words(language);
  return [
    counted(language, counts.n, dictionary.messages),
    counted(language, counts.open, dictionary.openCount),
    counted(language, counts.overdue, dictionary.overdueCount),
  ].join(", ");
}

/** The property of the counts that a measure shows. @param {string} measure @returns {"n" | "open" | "overdue"} */
export function countOf(measure) {
  return measure === "open" || measure === "overdue" ? measure : "n";
}
