/** Time below the map: the timeline of the choice and its surroundings; a span of it is chosen by dragging, a click, or its two handles. */

/** @import { Timeline } from "../page/answer_types.js" */
/** @import { AnswerState } from "../page/answers.js" */
/** @import { PageStore, State } from "../page/state.js" */
/** @import { Span } from "./span.js" */
import { follow } from "../page/answers.js";
import { byId, element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { words } from "../words/i18n.js";
import { aroundOf, askedWindow, windowOf } from "./around.js";
import { bucketText, spanText, summaryOf } from "./bucket_words.js";
import { drawChart } from "../parts/timeline_chart.js";
import { dragSpans } from "./dragging.js";
import { showPlayback } from "./playback.js";
import { comparedOver, endsOf, shareOfInstant, spanOf } from "./span.js";

/** @typedef {ReturnType<typeof createParts>} Parts */

/** @param {PageStore} store */
export function showDock(store) {
  const parts = createParts();
  /** @type {Timeline | null} */
  let timeline = null;
  /** The chosen span beside the period before it. @type {Timeline | null} */
  let compared = null;
  /** While it is being dragged or stepped. @type {Span | null} */
  let draggedSpan = null;

  /** @returns {Span} */
  function span() {
    const { view } = store.get();
    if (draggedSpan) return draggedSpan;
    return timeline && view.from && view.to ? spanOf(timeline.buckets, view) : [0, timeline?.buckets.length ?? 0];
  }

  function redraw() {
    if (!timeline) return;
    const { view } = store.get();
    const shown = compared && isSpan(store.get()) ? { ...timeline, buckets: comparedOver(timeline.buckets, compared.buckets) } : timeline;
    drawWhole(parts, shown, view.language);
    drawSpan();
  }

  function drawSpan() {
    if (!timeline) return;
    drawEnds(parts, timeline, span(), store.get().view.language);
    parts.back.hidden = !isSpan(store.get());
    parts.says.textContent = draggedSpan ? spanText(timeline, draggedSpan, store.get().view.language) : "";
  }

  /** @param {Span} next */
  function chooseSpan(next) {
    if (!timeline) return;
    draggedSpan = null;
    if (next[0] === 0 && next[1] === timeline.buckets.length) return reset();
    const { view, summary } = store.get();
    return store.set({ view: { ...view, window: "", ...endsOf(timeline.buckets, next), around: aroundOf(view, summary) } });
  }

  function reset() {
    const { view, summary } = store.get();
    draggedSpan = null;
    store.set({ view: { ...view, ...windowOf(aroundOf(view, summary)), around: "" } });
    drawSpan();
  }

  follow(
    store,
    (state) => (isKnown(state) ? `/api/timeline?${wholeQuery(state)}` : null),
    (/** @type {AnswerState<Timeline>} */ answered) => {
      timeline = answered.answer;
      parts.plot.classList.toggle("old", Boolean(answered.problem));
      redraw();
      // The next question needs to know which buckets these are.
      if (!answered.stale) store.set({});
    },
  );
  follow(
    store,
    (state) =>
      isSpan(state) && state.view.compare === "previous" && timeline
        ? `/api/timeline?${countedQuery(state.view, { compare: "previous", bucket: timeline.bucket })}`
        : null,
    (/** @type {AnswerState<Timeline>} */ answered) => {
      compared = answered.stale ? null : answered.answer;
      redraw();
    },
  );
  store.watch((state) => state.view, redraw);
  new ResizeObserver(redraw).observe(parts.plot);
  parts.back.addEventListener("click", reset);
  parts.plot.addEventListener("dblclick", reset);
  dragSpans(parts.plot, parts.handles, {
    count: () => timeline?.buckets.length ?? 0,
    span,
    chooseSpan,
    report(next) {
      draggedSpan = next;
      drawSpan();
    },
    point(at) {
      parts.pointed.hidden = at === null;
      if (timeline && at !== null) lay(parts.pointed, [at, at + 1], timeline.buckets.length);
      if (timeline) parts.says.textContent = at === null ? "" : bucketText(timeline, at, store.get().view.language);
    },
  });
  showPlayback(store, parts.player, parts.playhead, (instant) => shareOfInstant(timeline?.buckets ?? [], instant));
}

function createParts() {
  const says = element("span", { class: "says", "aria-hidden": "true" });
  const key = element("span", { class: "key" });
  const back = element("button", { type: "button", id: "whole-period", class: "link", hidden: true });
  const player = element("div", { class: "player" });
  const drawn = element("div", { class: "drawn" });
  const shades = [element("div", { class: "shade before" }), element("div", { class: "shade after" })];
  const pointed = element("div", { class: "pointed", hidden: true });
  const playhead = element("div", { class: "playhead", hidden: true });
  const handles = ["from", "to"].map((end) => element("button", { type: "button", role: "slider", class: `handle ${end}`, hidden: true }));
  const plot = element("div", { class: "plot" }, pointed, drawn, ...shades, playhead, ...handles);
  byId("dock").append(element("header", {}, player, says, key, back), plot);
  return { says, key, back, player, drawn, shades, pointed, playhead, handles, plot };
}

/** Whether a part of the timeline is chosen, not the whole of it. @param {State} state */
function isSpan({ view, summary }) {
  return Boolean(view.from && view.to) && aroundOf(view, summary) !== `${view.from},${view.to}`;
}

/** Whether it is known already what is to be shown. @param {State} state */
function isKnown({ view, summary }) {
  return Boolean(summary || view.around || (view.window && view.window !== "all"));
}

/** The period before a span is not that before its surroundings: they are compared with the year before only. @param {State} state */
function wholeQuery(state) {
  const { view, summary } = state;
  const compare = isSpan(state) && view.compare === "previous" ? "" : view.compare;
  return countedQuery({ ...view, ...askedWindow(windowOf(aroundOf(view, summary)), summary) }, { compare });
}

/** @param {Parts} parts @param {Timeline} timeline @param {State["view"]["language"]} language */
function drawWhole({ drawn, plot, back, key }, timeline, language) {
  const { time } = words(language);
  drawn.replaceChildren(drawChart(timeline, { width: Math.max(60, plot.clientWidth), height: plot.clientHeight || 70, language }));
  byId("dock").setAttribute("aria-label", `${time.timeline}: ${summaryOf(timeline, language)}`);
  back.textContent = time.back;
  plot.title = time.dragHint;
  const compared = timeline.buckets.some(({ n_compared: before }) => before !== null);
  const tones = /** @type {const} */ ([
    ["handled", time.closed],
    ["open", time.open],
    ...(compared ? [/** @type {const} */ (["before", time.compared])] : []),
  ]);
  key.replaceChildren(...tones.map(([tone, text]) => element("span", { class: tone }, text)));
}

/** What lies outside the span is shaded; the handles stand at its ends. @param {Parts} parts @param {Timeline} timeline @param {Span} span @param {State["view"]["language"]} language */
function drawEnds({ shades, handles }, timeline, [a, b], language) {
  const { time } = words(language);
  const count = timeline.buckets.length;
  for (const [at, shade] of shades.entries()) lay(shade, at ? [b, count] : [0, a], count);
  for (const [at, handle] of handles.entries()) {
    handle.hidden = false;
    handle.style.left = `${(100 * (at ? b : a)) / count}%`;
    const states = {
      "aria-label": at ? time.to : time.from,
      "aria-valuemin": 0,
      "aria-valuemax": count,
      "aria-valuenow": at ? b : a,
      "aria-valuetext": bucketText(timeline, at ? b - 1 : a, language),
    };
    for (const [name, value] of Object.entries(states)) handle.setAttribute(name, String(value));
  }
}

/** @param {HTMLElement} box @param {Span} span @param {number} count of buckets along the plot */
function lay(box, [a, b], count) {
  box.style.left = `${(100 * a) / count}%`;
  box.style.width = `${(100 * (b - a)) / count}%`;
}
