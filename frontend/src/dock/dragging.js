/** Choosing a span of buckets by pointer, finger and keys: over the plot, or by one of the two handles at its ends. */

/** @import { Span } from "./span.js" */
import { bucketAt } from "./span.js";

/** Keys that come in a row are one choice, ms. */
const SETTLE_MS = 400;
const STEPS = /** @type {Record<string, number>} */ ({
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -7,
  PageUp: 7,
  Home: -Infinity,
  End: Infinity,
});

/**
 * @typedef {object} Dragging
 * @property {() => number} count of buckets
 * @property {() => Span} span the one that is chosen, or being chosen
 * @property {(span: Span | null) => void} report while it is being chosen; null where nothing comes of it
 * @property {(span: Span) => void} chooseSpan
 * @property {(at: number | null) => void} point at which bucket the pointer is
 */

/** @param {HTMLElement} plot @param {readonly HTMLElement[]} handles of the beginning and the end @param {Dragging} what */
export function dragSpans(plot, handles, what) {
  /** The bucket that stays at its end of the span. @type {number | null} */
  let fixed = null;
  const at = (/** @type {PointerEvent} */ event) => {
    const box = plot.getBoundingClientRect();
    return bucketAt((event.clientX - box.left) / box.width, what.count());
  };
  const report = (/** @type {number} */ a, /** @type {number} */ b) => what.report([Math.min(a, b), Math.max(a, b) + 1]);
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !what.count()) return;
    const handleIndex = handles.findIndex((handle) => handle === event.target);
    const [a, b] = what.span();
    fixed = handleIndex < 0 ? at(event) : handleIndex ? a : b - 1;
    plot.setPointerCapture(event.pointerId);
    if (handleIndex < 0) report(fixed, fixed);
  });
  plot.addEventListener("pointermove", (event) => {
    if (fixed !== null) report(fixed, at(event));
    else if (what.count()) what.point(at(event));
  });
  plot.addEventListener("pointerleave", () => what.point(null));
  plot.addEventListener("pointerup", () => {
    if (fixed !== null) what.chooseSpan(what.span());
    fixed = null;
  });
  plot.addEventListener("pointercancel", () => {
    fixed = null;
    what.report(null);
  });
  for (const [end, handle] of handles.entries()) moveByKeys(handle, end === 1, what);
}

/** @param {HTMLElement} handle @param {boolean} last whether it is that of the end @param {Dragging} what */
function moveByKeys(handle, last, { count, span, report, chooseSpan }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let settling;
  handle.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || !count()) return;
    event.preventDefault();
    const [a, b] = span();
    report(last ? [a, Math.min(count(), Math.max(a + 1, b + step))] : [Math.max(0, Math.min(b - 1, a + step)), b]);
    clearTimeout(settling);
    settling = setTimeout(() => chooseSpan(span()), SETTLE_MS);
  });
}
