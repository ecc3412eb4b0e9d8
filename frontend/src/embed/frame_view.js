/**
 * What a frame shows, read from its query: ?layer=districts&measure=share_closed&window=7d&lang=ru&scheme=dark.
 * The words that are not the frame's own go to the service as they are: it knows what is allowed.
 */

/** @import { Place } from "../map/map.js" */
/** @import { Layer, Language, Problem, View } from "../page/state.js" */
import { LANGUAGES, placeText, readable, selectionQuery, spoken } from "../page/url.js";

/** The words of a frame that the service's data know nothing of. */
export const FRAME_WORDS = ["layer", "lang", "scheme", "legend", "alerts", "map"];
const LAYERS = ["hexes", "districts", "density"];
const SCHEMES = ["auto", "light", "dark"];
const LEGENDS = ["show", "hide"];
const ALERTS = /** @type {const} */ (["none", "marks", "list"]);
const PLACE = /^(\d{1,2}(?:\.\d{1,6})?)\/(-?\d{1,2}(?:\.\d{1,10})?)\/(-?\d{1,3}(?:\.\d{1,10})?)$/;

/**
 * @typedef {object} Frame
 * @property {View} view
 * @property {boolean} legend whether it is shown
 * @property {typeof ALERTS[number]} alerts whether open alerts are marked on the map, and listed beside it as well
 * @property {Place | null} place where the map begins; null where all data shall be in view
 * @property {boolean} follows whether the colours follow the reader's system
 * @property {Problem | null} fault what is wrong with the query
 */

/** @param {string} query with or without its ? @param {readonly string[]} preferred the reader's languages, most liked first @returns {Language} */
export function frameLanguage(query, preferred) {
  const given = new URLSearchParams(query).get("lang");
  return LANGUAGES.find((one) => one === given) ?? spoken(preferred);
}

/**
 * @param {string} query with or without its ?; the words of its language must be loaded
 * @param {{ languages: readonly string[], dark: boolean }} reader how the reader's browser is set
 * @returns {Frame}
 */
export function readFrame(query, reader) {
  const given = new URLSearchParams(query);
  const language = frameLanguage(query, reader.languages);
  const asked = given.get("scheme") ?? "auto";
  const dark = asked === "dark" || (asked === "auto" && reader.dark);
  const place = PLACE.exec(given.get("map") ?? "");
  const rest = [...given].filter(([name]) => !FRAME_WORDS.includes(name) && name !== "measure");
  return {
    view: {
      sectors: [],
      window: "",
      from: "",
      to: "",
      around: "",
      compare: "",
      breaks: "",
      cell: "",
      incident: "",
      alert: "",
      list: "received",
      level: "",
      tab: "",
      measure: given.get("measure") ?? "count",
      language,
      filters: Object.fromEntries(rest),
      layer: /** @type {Layer | undefined} */ (LAYERS.find((one) => one === given.get("layer"))) ?? "hexes",
      scheme: dark ? "dark" : "light",
      look: "",
      by: "sector",
      cross: ["theme", "status"],
      worst: false,
      channel: "",
      wide: false,
    },
    legend: given.get("legend") !== "hide",
    alerts: ALERTS.find((one) => one === given.get("alerts")) ?? "none",
    place: place && { zoom: Number(place[1]), center: [Number(place[3]), Number(place[2])] },
    follows: asked === "auto",
    fault: faultOf(given),
  };
}

/** The page of the whole map with the same selection, colours and place. @param {View} view @param {Place} place @param {boolean} follows as in `Frame` */
export function fullMapAddress(view, { zoom, center: [lng, lat] }, follows) {
  const layer = view.layer === "hexes" ? [] : [["layer", view.layer]];
  const scheme = follows ? [] : [["scheme", view.scheme]];
  const pairs = [
    ["map", placeText(zoom, { lng, lat })],
    ...new URLSearchParams(selectionQuery(view)),
    ...layer,
    ...scheme,
    ["lang", view.language],
  ];
  return `/#${pairs.map(([name = "", value = ""]) => `${name}=${readable(value)}`).join("&")}`;
}

/** As the service says it of its own parameters. @param {URLSearchParams} given @returns {Problem | null} */
function faultOf(given) {
  const repeated = [...given.keys()].find((name) => given.getAll(name).length > 1);
  if (repeated) return refused({ code: "repeated", parameter: repeated });
  /** @type {[string, readonly string[]][]} */
  const choices = [
    ["layer", LAYERS],
    ["lang", LANGUAGES],
    ["scheme", SCHEMES],
    ["legend", LEGENDS],
    ["alerts", ALERTS],
  ];
  for (const [parameter, allowed] of choices) {
    const value = given.get(parameter);
    if (value !== null && !allowed.includes(value)) return refused({ code: "unknown-value", parameter, value, allowed });
  }
  const map = given.get("map");
  return map !== null && !PLACE.test(map) ? refused({ code: "invalid-value", parameter: "map", value: map }) : null;
}

/** @param {Partial<Problem>} about @returns {Problem} */
function refused(about) {
  return { kind: "refused", detail: "", id: "", ...about };
}
