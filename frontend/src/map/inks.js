/** The map's colours on a light and on a dark ground; those of the classes come from the service. */

/** @import { Layer, Scheme } from "../page/state.js" */
import { ZERO_INK } from "../page/zero_class.js";

/**
 * @typedef {object} Inks
 * @property {string} sea @property {string} land @property {string} coast @property {string} border
 * @property {string} text @property {string} halo @property {string} paper below texts of a picture
 * @property {string} marked outline under the pointer or of the selected area
 * @property {Record<Layer, string>} outline of all others
 * @property {string} withoutClass of an area that has no value
 * @property {string} districts borders of districts below the hexagons @property {string} regions those of regions
 * @property {string} quiet names of districts above the hexagons
 * @property {string} overdue ring of a place where a message is overdue
 */

/** @type {Record<Scheme, Inks>} */
export const INKS = {
  light: {
    sea: "#d7e0e5",
    land: "#f1f2ee",
    coast: "#b9c6cd",
    border: "#a9b1b6",
    text: "#26323b",
    halo: "rgba(255, 255, 255, 0.85)",
    paper: "#ffffff",
    marked: "#14202b",
    outline: { density: "", hexes: "rgba(90, 60, 20, 0.28)", districts: "rgba(76, 90, 100, 0.7)" },
    withoutClass: ZERO_INK.light,
    districts: "#bcc3be",
    regions: "#8f999f",
    quiet: "#5f6b73",
    overdue: "#5b1a8b",
  },
  dark: {
    sea: "#151b20",
    land: "#232b32",
    coast: "#35414a",
    border: "#5a6771",
    text: "#e8edf0",
    halo: "rgba(18, 24, 29, 0.85)",
    paper: "#1c2329",
    marked: "#ffffff",
    outline: { density: "", hexes: "rgba(10, 14, 18, 0.45)", districts: "rgba(170, 182, 191, 0.55)" },
    withoutClass: ZERO_INK.dark,
    districts: "#414d56",
    regions: "#71808b",
    quiet: "#a3afb8",
    overdue: "#58c4ff",
  },
};
