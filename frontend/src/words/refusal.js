/** Why the service has refused a request, in the reader's language: by the problem's code, not by its text. */

/** @import { Language, Problem } from "../page/state.js" */
import { fill, formatNumber, words } from "./i18n.js";

/** A reader does not choose among more. */
const MOST_LISTED = 8;
/** The service lists no more than its first fifty codes, and says how many are left out. */
const LEFT_OUT = /^and (\d+) more$/;

/**
 * @param {Language} language @param {Problem} problem
 * @param {boolean} [asTyped] parameter and values as they stand in the address, for those who write it
 * @returns {string} one or two sentences
 */
export function refusalText(language, { code = "", parameter = "", value = "", allowed, names: known }, asTyped = false) {
  const { faults, parameters, allowed: list } = words(language).problems;
  const nameOf = asTyped ? (/** @type {string} */ one) => one : namesOf(language, parameter, known);
  const sentence = fill(/** @type {Record<string, string>} */ (faults)[code] ?? faults.refused, {
    name: (asTyped ? "" : /** @type {Record<string, string>} */ (parameters)[parameter]) || parameter,
    value: nameOf(value),
    parameter,
  });
  const choices = code === "unknown-parameter" ? "" : allowedText(language, parameter, allowed, nameOf);
  return choices ? `${sentence} ${fill(list, { list: choices })}` : sentence;
}

/**
 * The allowed values, the first of many; or the format of what is typed.
 * @param {Language} language @param {string} parameter @param {unknown} allowed @param {(code: string) => string} nameOf
 */
function allowedText(language, parameter, allowed, nameOf) {
  const { formats, more } = words(language).problems;
  if (!Array.isArray(allowed)) return /** @type {Record<string, string>} */ (formats)[parameter] ?? "";
  const codes = allowed.map(String).filter((code) => !LEFT_OUT.test(code));
  const left = Number(LEFT_OUT.exec(String(allowed.at(-1)))?.[1] ?? 0) + Math.max(0, codes.length - MOST_LISTED);
  const listed = codes.slice(0, MOST_LISTED).map(nameOf);
  return [listed.join(", "), ...(left ? [fill(more, { n: formatNumber(language, left) })] : [])].join(" ");
}

/** The name of a code of the parameter. @param {Language} language @param {string} parameter @param {Problem["names"]} names @returns {(code: string) => string} */
function namesOf(language, parameter, names) {
  const { measures, now, overview } = words(language);
  /** @type {Record<string, Record<string, string>>} */
  const own = {
    measure: measures.names,
    status: { ...now.status, ...overview.statusGroups },
    layer: measures.layers,
    level: now.districtLevels,
  };
  return (code) => names?.[code]?.[language] ?? own[parameter]?.[code] ?? code;
}
