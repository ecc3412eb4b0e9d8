/** What is on the screen, as addresses and code for elsewhere. */

/** @import { View } from "../page/state.js" */
import { selectionQuery, writeView } from "../page/url.js";

/**
 * @typedef {object} Shared
 * @property {string} link this view
 * @property {string} frame HTML of a frame
 * @property {string} element HTML of the element
 * @property {string} tilejson @property {string} style addresses
 */

/**
 * @param {View} view
 * @param {string} place zoom/latitude/longitude; "" where there is no map
 * @param {string} origin of the service
 * @param {string} title of the frame
 * @returns {Shared}
 */
export function sharedAs(view, place, origin, title) {
  const { layer, language, scheme } = view;
  const pairs = framePairs(view, place);
  const attributes = pairs.map(([name, value]) => ` ${name}="${escaped(value)}"`).join("");
  return {
    // The panel with this link is not what is to be seen.
    link: `${origin}/${writeView({ ...view, tab: "overview" }, place && `#map=${place}`)}`,
    frame: `<iframe src="${escaped(`${origin}/embed?${new URLSearchParams(pairs)}`)}" title="${escaped(title)}" loading="lazy" style="width: 100%; height: 24rem; border: 0"></iframe>`,
    element: `<script type="module" src="${origin}/heat-map.js"></script>\n<heat-map${attributes} label="${escaped(title)}"></heat-map>`,
    tilejson: `${origin}/tiles/${layer}.json${asQuery(selectionQuery(view))}`,
    style: `${origin}/styles/${layer}.json${asQuery(selectionQuery(view), { scheme, lang: language })}`,
  };
}

/** The parameters of a frame; colours that follow the reader's system here do so there. @param {View} view @param {string} place @returns {[string, string][]} */
function framePairs(view, place) {
  const { layer, look, language } = view;
  /** @type {[string, string][]} */
  const own = [
    ["layer", layer === "hexes" ? "" : layer],
    ...new URLSearchParams(selectionQuery(view)),
    ["scheme", look],
    // The page marks open alerts on its map.
    ["alerts", "marks"],
    ["map", place],
    ["lang", language],
  ];
  return own.filter(([, value]) => value);
}

/** @param {string} query @param {Record<string, string>} more */
function asQuery(query, more = {}) {
  const all = new URLSearchParams([...new URLSearchParams(query), ...Object.entries(more)]).toString();
  return all && `?${all}`;
}

/** For an attribute of HTML. @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
