/** Time below the map: the timeline of the choice; a span of it is chosen by dragging, by a click, or by its two handles. */

/** @import { Timeline } from "../page/answer_types.js" */
/** @import { Told } from "../page/answers.js" */
/** @import { PageStore, View } from "../page/state.js" */
/** @import { Ends, Span } from "./span.js" */
import { follow } from "../page/answers.js";
import { byId, element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { counted, fill, formatNumber, words } from "../words/i18n.js";
import { drawChart } from "./chart.js";
import { showPlayback } from "./playback.js";
import { bucketAt, endsOf, shareOfInstant, spanOf } from "./span.js";

/** Keys that come in a row are one choice, ms. */
const SETTLE_MS = 400;

/** @typedef {Pick<View, "window" | "from" | "to">} Window */

/** @param {PageStore} store */
export function showDock(store) {
  const says = element("span", { class: "says", "aria-hidden": "true" });
  const back = element("button", { type: "button", id: "whole-period", class: "link", hidden: true });
  const player = element("div", { class: "player" });
  const drawn = element("div", { class: "drawn" });
  const shade = [element("div", { class: "shade" }), element("div", { class: "shade" })];
  const playhead = element("div", { class: "playhead", hidden: true });
  const handles = ["from", "to"].map((end) => element("button", { type: "button", role: "slider", class: `handle ${end}` }));
  const plot = element("div", { class: "plot" }, drawn, ...shade, playhead, ...handles);
  byId("dock").append(element("header", {}, player, says, back), plot);

  /** @type {Timeline | null} */
  let timeline = null;
  /** The wider window in which a span was chosen. @type {Window | null} */
  let context = null;
  /** What the last choice here wrote into the address. @type {Ends | null} */
  let chosen = null;
  /** While it is being dragged or stepped. @type {Span | null} */
  let passing = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let settling = undefined;

  /** @returns {Span} */
  function span() {
    const count = timeline?.buckets.length ?? 1;
    if (passing) return passing;
    return timeline && context && chosen ? spanOf(timeline.buckets, chosen) : [0, count];
  }

  function draw() {
    if (!timeline) return;
    const { language } = store.get().view;
    drawn.replaceChildren(drawChart(timeline, { width: Math.max(60, plot.clientWidth), height: plot.clientHeight || 70, language }));
    byId("dock").setAttribute("aria-label", `${words(language).time.timeline}: ${summaryOf(timeline, language)}`);
    back.textContent = words(language).time.back;
    plot.title = words(language).time.dragHint;
    drawSpan();
  }

  function drawSpan() {
    if (!timeline) return;
    const { language } = store.get().view;
    const { time } = words(language);
    const count = timeline.buckets.length;
    const [a, b] = span();
    const [left, right] = [a / count, b / count];
    if (shade[0] && shade[1]) {
      shade[0].style.width = percent(left);
      shade[1].style.left = percent(right);
    }
    back.hidden = !context;
    for (const [at, share] of [left, right].entries()) {
      const handle = handles[at];
      if (!handle) continue;
      handle.style.left = percent(share);
      const states = { "aria-label": at ? time.to : time.from, "aria-valuemin": 0, "aria-valuemax": count, "aria-valuenow": at ? b : a, "aria-valuetext": bucketText(timeline, at ? b - 1 : a, language) };
      for (const [name, value] of Object.entries(states)) handle.setAttribute(name, String(value));
    }
  }

  /** @param {Span} next */
  function choose(next) {
    if (!timeline) return;
    passing = null;
    const whole = next[0] === 0 && next[1] === timeline.buckets.length;
    const { view } = store.get();
    if (whole && context) return reset();
    if (whole) return drawSpan();
    context ??= { window: view.window, from: view.from, to: view.to };
    chosen = endsOf(timeline.buckets, next);
    return store.set({ view: { ...view, window: "", ...chosen } });
  }

  function reset() {
    const before = context;
    context = chosen = passing = null;
    if (before) store.set({ view: { ...store.get().view, ...before } });
  }

  store.watch((state) => state.view, ({ from, to }) => {
    if (context && chosen && (from !== chosen.from || to !== chosen.to)) context = chosen = null;
    draw();
  });
  follow(
    store,
    ({ view }) => `/api/timeline?${countedQuery(context && view.from === chosen?.from ? { ...view, ...context } : view, { compare: view.compare })}`,
    (/** @type {Told<Timeline>} */ told) => {
      timeline = told.answer;
      plot.classList.toggle("old", Boolean(told.problem));
      draw();
    },
  );
  new ResizeObserver(draw).observe(plot);
  back.addEventListener("click", reset);

  const at = (/** @type {PointerEvent} */ event) => {
    const box = plot.getBoundingClientRect();
    return bucketAt((event.clientX - box.left) / box.width, timeline?.buckets.length ?? 1);
  };
  drag(plot, at, (a, b) => {
    passing = [Math.min(a, b), Math.max(a, b) + 1];
    drawSpan();
  }, () => passing && choose(passing), () => {
    passing = null;
    drawSpan();
  }, () => span(), handles);
  plot.addEventListener("pointermove", (event) => {
    if (timeline) says.textContent = bucketText(timeline, at(event), store.get().view.language);
  });
  plot.addEventListener("pointerleave", () => (says.textContent = ""));
  for (const [end, handle] of handles.entries()) {
    handle.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7 }[event.key];
      if (!step || !timeline) return;
      event.preventDefault();
      const [a, b] = span();
      const count = timeline.buckets.length;
      passing = end ? [a, Math.min(count, Math.max(a + 1, b + step))] : [Math.max(0, Math.min(b - 1, a + step)), b];
      drawSpan();
      clearTimeout(settling);
      settling = setTimeout(() => passing && choose(passing), SETTLE_MS);
    });
  }
  showPlayback(store, player, playhead, (instant) => shareOfInstant(timeline?.buckets ?? [], instant));
}

/**
 * Dragging over the plot, or one of its handles.
 * @param {HTMLElement} plot @param {(event: PointerEvent) => number} at
 * @param {(a: number, b: number) => void} pass @param {() => void} end @param {() => void} cancel
 * @param {() => Span} span @param {readonly HTMLElement[]} handles
 */
function drag(plot, at, pass, end, cancel, span, handles) {
  /** @type {number | null} */
  let fixed = null;
  plot.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const held = handles.findIndex((handle) => handle === event.target);
    const [a, b] = span();
    fixed = held < 0 ? at(event) : held ? a : b - 1;
    plot.setPointerCapture(event.pointerId);
    if (held < 0) pass(fixed, fixed);
  });
  plot.addEventListener("pointermove", (event) => {
    if (fixed !== null) pass(fixed, at(event));
  });
  plot.addEventListener("pointerup", () => {
    if (fixed !== null) end();
    fixed = null;
  });
  plot.addEventListener("pointercancel", () => {
    fixed = null;
    cancel();
  });
}

/** @param {number} share */
function percent(share) {
  return `${share * 100}%`;
}

/** The timeline in a sentence. @param {Timeline} timeline @param {View["language"]} language */
export function summaryOf({ buckets, bucket: kind, time_zone: timeZone }, language) {
  const { time, messages } = words(language);
  const day = (/** @type {string} */ instant) => new Intl.DateTimeFormat(language, { timeZone, dateStyle: "medium" }).format(Date.parse(instant));
  const most = buckets.reduce((best, one) => (one.count > best.count ? one : best), buckets[0] ?? { count: 0, from: "" });
  const names = /** @type {Record<string, string>} */ (time.buckets);
  return fill(time.summary, {
    buckets: names[kind] ?? "", from: day(buckets[0]?.from ?? ""), to: day(buckets.at(-1)?.from ?? ""),
    most: counted(language, most.count, messages), when: day(most.from),
  });
}

/** @param {Timeline} timeline @param {number} at @param {View["language"]} language */
export function bucketText({ buckets, bucket: kind, time_zone: timeZone }, at, language) {
  const bucket = buckets[at];
  if (!bucket) return "";
  const { time, messages } = words(language);
  const format = new Intl.DateTimeFormat(language, kind === "hour" ? { timeZone, day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } : { timeZone, day: "numeric", month: "short", year: "numeric" });
  const last = Math.max(Date.parse(bucket.from), Date.parse(bucket.to) - 1);
  const number = (/** @type {number} */ value) => formatNumber(language, value);
  const text = fill(time.bucket, { when: kind === "hour" ? format.format(Date.parse(bucket.from)) : format.formatRange(Date.parse(bucket.from), last), n: counted(language, bucket.count, messages), open: number(bucket.open), overdue: number(bucket.overdue) });
  const before = bucket.n_compared === null ? [] : [fill(time.before, { n: number(bucket.n_compared) })];
  return [text, ...before, ...(bucket.partial ? [time.partial] : [])].join("; ");
}
