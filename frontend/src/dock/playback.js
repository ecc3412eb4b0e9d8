/** Playback: the window frame by frame, with one domain of colours for all of them. */

/** @import { PageStore, Playing, State, Summary, View } from "../page/state.js" */
import { svg } from "../charts/svg.js";
import { ApiError, fetchJson } from "../page/api.js";
import { element } from "../page/dom.js";
import { countedQuery } from "../page/url.js";
import { words } from "../words/i18n.js";
import { framesFor } from "./span.js";

/** A frame stays this long at least, ms. */
const SPEEDS = { "½×": 1000, "1×": 500, "2×": 250 };
const NORMAL = "1×";
/** Paths in a square of 16: fonts do not have these signs everywhere. */
const SIGNS = { play: "M4 2v12l10-6z", pause: "M4 2h3v12H4zM9 2h3v12H9z", back: "M3 2h2v12H3zM13 2v12L6 8z", on: "M11 2h2v12h-2zM3 2v12l7-6z", stop: "M3 3h10v10H3z" };

/**
 * @param {PageStore} store @param {HTMLElement} box for the buttons
 * @param {HTMLElement} playhead the mark over the timeline @param {(instant: number) => number} along where an instant is on it, 0 to 1
 */
export function showPlayback(store, box, playhead, along) {
  let pace = SPEEDS[NORMAL];
  const label = element("strong", { class: "frame", "aria-live": "off" });
  const button = (/** @type {string} */ id, /** @type {keyof typeof SIGNS} */ sign, /** @type {() => void} */ act) => element("button", { type: "button", id, class: "icon", onclick: act }, icon(sign));
  const play = button("play", "play", () => void toggle());
  const back = button("frame-back", "back", () => step(-1));
  const on = button("frame-on", "on", () => step(1));
  const stop = button("play-stop", "stop", () => end());
  const speed = element("select", { id: "play-speed" }, ...Object.keys(SPEEDS).map((name) => element("option", { value: name, selected: name === NORMAL }, name)));
  speed.addEventListener("change", () => (pace = SPEEDS[/** @type {keyof typeof SPEEDS} */ (speed.value)] ?? pace));
  box.append(play, back, on, speed, stop, label);

  async function toggle() {
    const { playing } = store.get();
    if (!playing) return begin();
    store.set({ playing: { ...playing, running: !playing.running } });
    if (!playing.running) void run();
  }

  async function begin() {
    try {
      label.textContent = words(store.get().view.language).time.loadingFrames;
      await start(store);
      void run();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      label.textContent = error.problem.detail;
    }
  }

  async function run() {
    for (;;) {
      await Promise.all([store.get().drawn?.(), new Promise((done) => setTimeout(done, pace))]);
      const { playing } = store.get();
      if (!playing?.running) return;
      if (playing.frame + 2 >= playing.edges.length) return store.set({ playing: { ...playing, running: false } });
      store.set({ playing: { ...playing, frame: playing.frame + 1 } });
    }
  }

  /** @param {number} by */
  function step(by) {
    const { playing } = store.get();
    if (!playing) return;
    const frames = playing.edges.length - 1;
    store.set({ playing: { ...playing, running: false, frame: (playing.frame + by + frames) % frames } });
  }

  function end() {
    store.set({ playing: null });
  }

  store.watch((state) => state.playing, (playing, state) => {
    const { time } = words(state.view.language);
    for (const one of [back, on, stop, speed]) one.hidden = !playing;
    const running = Boolean(playing?.running);
    play.replaceChildren(icon(running ? "pause" : "play"));
    const names = /** @type {const} */ ([[play, running ? time.pause : time.play], [back, time.backward], [on, time.forward], [stop, time.stop], [speed, time.speed]]);
    for (const [one, name] of names) {
      one.setAttribute("aria-label", name);
      one.title = one === play && !playing ? `${name}. ${time.playsCounts}` : name;
    }
    label.textContent = playing ? frameText(playing, state) : "";
    place(playhead, playing, along);
  });
  // Another choice ends the playback of the one before.
  store.watch((state) => choiceOf(state.view), (choice, { playing }) => {
    if (playing && choice !== playing.choice) end();
  });
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape" && store.get().playing) end();
  });
}

/** @param {keyof typeof SIGNS} sign */
function icon(sign) {
  return svg("svg", { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: SIGNS[sign], fill: "currentColor" }));
}

/** Ask for the frames' edges and colours, and set the page to what can be played. @param {PageStore} store */
async function start(store) {
  const { view, summary, zoom } = store.get();
  if (!summary) return;
  const { from, to } = wholeWindow(summary);
  /** @type {View} */
  const played = { ...view, layer: "hexes", measure: "count", compare: "", cell: "", incident: "" };
  // Own limits are those of the whole window, not of a frame.
  const breaks = /^[a-z]+$/.test(view.breaks) ? view.breaks : "";
  const query = countedQuery({ ...played, window: "", from, to }, { frames: String(framesFor(Date.parse(from), Date.parse(to))), breaks });
  const { playback } = await fetchJson(`/api/legend?${query}&layer=hexes&scheme=${view.scheme}&zoom=${zoom}`);
  store.set({ view: played });
  store.set({ playing: { query, choice: choiceOf(played), edges: playback.edges, classes: playback.classes, frame: 0, running: true } });
}

/** A window without ends is as long as the data. @param {Summary} summary */
function wholeWindow({ window, data }) {
  const { first, last } = data;
  if (!first || !last) return window;
  const from = Date.parse(window.from) < Date.parse(first) ? first : window.from;
  const to = Date.parse(window.to) > Date.now() + 60_000 ? new Date(Date.parse(last) + 1000).toISOString().replace(/\.\d+Z$/, "Z") : window.to;
  return { from, to };
}

/** @param {View} view */
function choiceOf({ sectors, window, from, to, filters, layer, measure, compare, breaks }) {
  return JSON.stringify([sectors, window, from, to, filters, layer, measure, compare, breaks]);
}

/** @param {Playing} playing @param {State} state */
function frameText({ edges, frame }, { view, summary }) {
  const [from, to] = [Date.parse(edges[frame] ?? ""), Date.parse(edges[frame + 1] ?? "") - 1000];
  const hours = (to - from) / 3_600_000;
  const format = new Intl.DateTimeFormat(view.language, { timeZone: summary?.time_zone ?? "UTC", day: "numeric", month: "short", ...(hours < 24 ? { hour: "2-digit", minute: "2-digit" } : {}) });
  return format.formatRange(from, to);
}

/** @param {HTMLElement} playhead @param {Playing | null} playing @param {(instant: number) => number} along */
function place(playhead, playing, along) {
  playhead.hidden = !playing;
  if (!playing) return;
  const [left, right] = [0, 1].map((by) => along(Date.parse(playing.edges[playing.frame + by] ?? "")));
  playhead.style.left = `${(left ?? 0) * 100}%`;
  playhead.style.width = `${((right ?? 0) - (left ?? 0)) * 100}%`;
}
