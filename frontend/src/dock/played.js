/** What is played: numbers of messages in hexagons, of the choice as it stands; and the colours of all its frames. */

/** @import { PageStore, Playing, View } from "../page/state.js" */
import { detailOf, fetchJson } from "../page/api.js";
import { countedQuery } from "../page/url.js";
import { cutWindow } from "./cutting.js";

/** Measures that can be played: of all messages, and of those in a group of states. */
const COUNTS = ["count", "open", "overdue"];

/**
 * Set the page to what can be played, and ask for the frames' edges and colours.
 * @param {PageStore} store @param {boolean} growing
 */
export async function startPlaying(store, growing) {
  const { view, summary, zoom, finer } = store.get();
  if (!summary) return;
  const played = playable(view);
  const { from, to, frames } = cutWindow(summary, Date.now());
  // Own limits are those of the whole window, not of a frame.
  const breaks = /^[a-z]+$/.test(view.breaks) ? view.breaks : "";
  const filters = played.measure === "count" ? played.filters : { ...played.filters, status: played.measure };
  const query = countedQuery({ ...played, filters, window: "", from, to }, { frames: String(frames), breaks, ...detailOf(finer) });
  const domains = await fetchDomains(query, view, zoom);
  const former = /** @type {Partial<View>} */ (
    Object.fromEntries(Object.entries(view).filter(([name, value]) => played[/** @type {keyof View} */ (name)] !== value))
  );
  store.set({ view: played });
  store.set({
    playing: {
      query,
      choice: choiceOf(played),
      edges: domains.edges,
      domains,
      former,
      classes: growing ? domains.whole : domains.frame,
      growing,
      frame: 0,
      running: true,
    },
  });
}

/** The nearest view that can be played. @param {View} view @returns {View} */
export function playable(view) {
  const plays = COUNTS.includes(view.measure) && (view.measure === "count" || !view.filters["status"]);
  const measured = plays ? view : { ...view, measure: "count" };
  return view.layer === "hexes" ? measured : { ...measured, layer: "hexes", cell: "", incident: "", alert: "" };
}

/**
 * The frames' edges, and colours: over every single frame, and over the whole window, at the end of which a growing number arrives.
 * @param {string} query of the tiles @param {View} view @param {number} zoom
 * @returns {Promise<Playing["domains"] & { edges: string[] }>}
 */
export async function fetchDomains(query, { scheme }, zoom) {
  const { playback, classes } = await fetchJson(`/api/legend?${query}&layer=hexes&scheme=${scheme}&zoom=${zoom}`);
  return { frame: playback.classes, whole: classes, edges: playback.edges };
}

/** What ends a playback when it changes. @param {View} view */
export function choiceOf({ sectors, window, from, to, filters, layer, measure, compare, breaks }) {
  return JSON.stringify([sectors, window, from, to, filters, layer, measure, compare, breaks]);
}
