/** The time of day; and in its place a warning once the numbers are old. */

/** @import { Language, PageStore } from "../page/state.js" */
import { storedAt } from "../page/api.js";
import { fill, formatAgo, words } from "../words/i18n.js";

const TICK_MS = 1000;
/** The page asks at least once a minute; later than this an answer is missing, ms. */
export const STALE_MS = 90_000;

/** @param {HTMLElement} box @param {PageStore} store */
export function showClock(box, store) {
  let heard = Date.now();
  store.watch(
    (state) => state.summary,
    (summary) => (heard = storedAt(summary) ?? Date.now()),
  );
  const redraw = () => {
    const { summary, view } = store.get();
    const now = Date.now();
    const stale = now - heard > STALE_MS || storedAt(summary) !== null;
    box.classList.toggle("stale", stale);
    const text =
      stale && summary
        ? staleText(view.language, heard, now, summary.time_zone)
        : stale
          ? words(view.language).wall.nothing
          : summary
            ? timeText(view.language, now, summary.time_zone)
            : "";
    if (box.textContent !== text) box.textContent = text;
  };
  setInterval(redraw, TICK_MS);
  store.watch((state) => state.summary, redraw);
  store.watch((state) => state.view.language, redraw);
}

/** @param {Language} language @param {number} at ms since 1970 @param {string} timeZone the service's */
function timeText(language, at, timeZone) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone }).format(at);
}

/** @param {Language} language @param {number} heard @param {number} now @param {string} timeZone */
export function staleText(language, heard, now, timeZone) {
  return fill(words(language).wall.stale, { time: timeText(language, heard, timeZone), ago: formatAgo(language, (now - heard) / 1000) });
}
