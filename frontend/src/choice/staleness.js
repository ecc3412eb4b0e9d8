/** Says how old the numbers are, when nothing has been heard for a while. */

/** @import { PageStore, State } from "../page/state.js" */
import { icon } from "../charts/icons.js";
import { storedAt } from "../page/api.js";
import { byId } from "../page/dom.js";
import { formatMoment } from "../words/dates.js";
import { fill, formatSpan, words } from "../words/i18n.js";

const TICK_MS = 5000;
/** A stream that breaks is often back at once, ms. */
const PATIENCE_MS = 30_000;
/** Nights are quiet; longer than this seldom, ms. */
const SILENCE_MS = 3 * 3_600_000;

/** @param {PageStore} store */
export function showStaleness(store) {
  const box = byId("stale");
  let shownText = "";
  const redraw = () => {
    const text = staleText(store.get(), Date.now());
    if (text === shownText) return;
    shownText = text;
    box.hidden = !text;
    box.replaceChildren(...(text ? [icon("stale"), text] : []));
  };
  store.watch((state) => state.live, redraw);
  store.watch((state) => state.summary, redraw);
  store.watch((state) => state.view.language, redraw);
  setInterval(redraw, TICK_MS);
}

/** @param {Pick<State, "live" | "summary" | "view">} state @param {number} now ms since 1970 @returns {string} "" while all is well */
export function staleText({ live: { state, at, since }, summary, view: { language } }, now) {
  const { stale, silent, offlineNumbers } = words(language);
  const span = (/** @type {number} */ begin) => formatSpan(language, (now - begin) / 1000);
  const stored = storedAt(summary);
  if (stored && summary)
    return fill(offlineNumbers, { span: span(stored), time: formatMoment(language, summary.generated_at, summary.time_zone) });
  if (state === "away" && since !== null && now - since > PATIENCE_MS && summary) {
    return fill(stale, { span: span(since), time: formatMoment(language, summary.generated_at, summary.time_zone) });
  }
  return state === "live" && at !== null && now - at > SILENCE_MS ? fill(silent, { span: span(at) }) : "";
}
