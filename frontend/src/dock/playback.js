/** Playback: the window frame by frame, or growing frame by frame, with one domain of colours for all of them. */

/** @import { PageStore, Playing, State } from "../page/state.js" */
import { svg } from "../charts/svg.js";
import { ApiError } from "../page/api.js";
import { element } from "../page/dom.js";
import { fill, words } from "../words/i18n.js";
import { refusalText } from "../words/refusal.js";
import { choiceOf, fetchDomains, startPlaying } from "./played.js";

/** A frame stays this long at least, ms. */
const SPEEDS = { "½×": 1000, "1×": 400, "2×": 200 };
const NORMAL = "1×";
/** Paths in a square of 16: fonts do not have these signs everywhere. */
const SIGNS = {
  play: "M4 2v12l10-6z",
  pause: "M4 2h3v12H4zM9 2h3v12H9z",
  back: "M3 2h2v12H3zM13 2v12L6 8z",
  on: "M11 2h2v12h-2zM3 2v12l7-6z",
  stop: "M3 3h10v10H3z",
};

/** @typedef {ReturnType<typeof createParts>} Parts */

/**
 * @param {PageStore} store @param {HTMLElement} box for the buttons
 * @param {HTMLElement} playhead the mark over the timeline @param {(instant: number) => number} along where an instant is on it, 0 to 1
 */
export function showPlayback(store, box, playhead, along) {
  const parts = createParts();
  box.append(...Object.values(parts));
  const playOn = runner(store, () => SPEEDS[/** @type {keyof typeof SPEEDS} */ (parts.speed.value)]);
  let loading = false;
  const announce = (/** @type {string} */ text) => (parts.status.textContent = text);
  const time = () => words(store.get().view.language).time;
  const textNow = (/** @type {Playing} */ playing) => frameText(playing, store.get());

  async function startPlayback() {
    if (loading) return;
    loading = true;
    parts.label.textContent = time().loadingFrames;
    try {
      await startPlaying(store, parts.way.value === "growing");
      const { playing } = store.get();
      if (playing)
        announce(
          fill(time().playing, {
            frames: playing.edges.length - 1,
            when: textNow({ ...playing, growing: true, frame: playing.edges.length - 2 }),
          }),
        );
      playOn();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { language } = store.get().view;
      parts.label.textContent = error.problem.kind === "refused" ? refusalText(language, error.problem) : time().noFrames;
    } finally {
      loading = false;
    }
  }

  function toggle() {
    const { playing } = store.get();
    if (!playing) return void startPlayback();
    const ended = playing.frame + 2 >= playing.edges.length;
    const next = { ...playing, running: !playing.running, frame: !playing.running && ended ? 0 : playing.frame };
    store.set({ playing: next });
    if (next.running) playOn();
    else announce(`${time().pause}: ${textNow(next)}`);
  }

  /** @param {number} by */
  function showNext(by) {
    const { playing } = store.get();
    if (!playing) return;
    const frames = playing.edges.length - 1;
    const next = { ...playing, running: false, frame: (playing.frame + by + frames) % frames };
    store.set({ playing: next });
    announce(textNow(next));
  }

  function stopPlayback() {
    const { playing, view } = store.get();
    if (!playing) return;
    store.set({ playing: null, view: { ...view, ...playing.former } });
    announce(time().ended);
    // The button that ended it is gone.
    if (!document.activeElement || document.activeElement === document.body) parts.play.focus();
  }

  parts.play.addEventListener("click", toggle);
  parts.back.addEventListener("click", () => showNext(-1));
  parts.on.addEventListener("click", () => showNext(1));
  parts.stop.addEventListener("click", stopPlayback);
  parts.way.addEventListener("change", () => {
    const { playing } = store.get();
    if (playing) store.set({ playing: grown(playing, parts.way.value === "growing") });
  });
  addEventListener("keydown", ({ key }) => {
    if (key === "Escape") stopPlayback();
  });
  store.watch(
    (state) => state.view.language,
    (language) => nameWays(parts, language),
  );
  store.watch(
    (state) => state.playing,
    (playing, state) => {
      drawControls(parts, playing, state);
      movePlayhead(playhead, playing, along);
    },
  );
  // Another choice ends the playback of the one before, and is not taken back.
  store.watch(
    (state) => choiceOf(state.view),
    (choice, { playing }) => {
      if (playing && choice !== playing.choice) store.set({ playing: null });
    },
  );
  // Hexagons of another size hold other numbers, and another scheme has other colours.
  store.watch(
    ({ zoom, view }) => `${zoom} ${view.scheme}`,
    async (_, { playing, view, zoom }) => {
      const domains = playing && (await fetchDomains(playing.query, view, zoom).catch(() => null));
      const now = store.get().playing;
      if (domains && now?.query === playing.query) store.set({ playing: grown({ ...now, domains }, now.growing) });
    },
  );
}

/** Goes on from frame to frame while it runs; of two runs only the later goes on. @param {PageStore} store @param {() => number} pace ms */
function runner(store, pace) {
  let turn = 0;
  return async function playOn() {
    turn += 1;
    const mine = turn;
    for (;;) {
      await Promise.all([store.get().drawn?.(), new Promise((done) => setTimeout(done, pace()))]);
      const { playing } = store.get();
      if (!playing?.running || mine !== turn) return;
      if (playing.frame + 2 >= playing.edges.length) return store.set({ playing: { ...playing, running: false } });
      store.set({ playing: { ...playing, frame: playing.frame + 1 } });
    }
  };
}

/** @param {Playing} playing @param {boolean} growing @returns {Playing} */
function grown(playing, growing) {
  return { ...playing, growing, classes: growing ? playing.domains.whole : playing.domains.frame };
}

function createParts() {
  const button = (/** @type {string} */ id, /** @type {keyof typeof SIGNS} */ sign) =>
    element("button", { type: "button", id, class: "icon" }, icon(sign));
  return {
    play: button("play", "play"),
    back: button("frame-back", "back"),
    on: button("frame-on", "on"),
    speed: element(
      "select",
      { id: "play-speed" },
      ...Object.keys(SPEEDS).map((name) => element("option", { value: name, selected: name === NORMAL }, name)),
    ),
    way: element("select", { id: "play-way" }, element("option", { value: "frames" }), element("option", { value: "growing" })),
    stop: button("play-stop", "stop"),
    label: element("strong", { class: "frame" }),
    note: element("span", { class: "muted note" }),
    status: element("span", { class: "unseen", role: "status" }),
  };
}

/** @param {Parts} parts @param {State["view"]["language"]} language */
function nameWays({ way }, language) {
  const { ways } = words(language).time;
  for (const option of way.options) option.textContent = ways[/** @type {keyof typeof ways} */ (option.value)];
}

/** @param {Parts} parts @param {Playing | null} playing @param {State} state */
function drawControls({ play, back, on, stop, speed, way, label, note }, playing, state) {
  const { time } = words(state.view.language);
  for (const one of [back, on, stop, speed, way]) one.hidden = !playing;
  const running = Boolean(playing?.running);
  play.replaceChildren(icon(running ? "pause" : "play"));
  const names = /** @type {const} */ ([
    [play, running ? time.pause : time.play],
    [back, time.backward],
    [on, time.forward],
    [stop, time.stop],
    [speed, time.speed],
    [way, time.way],
  ]);
  for (const [one, name] of names) {
    one.setAttribute("aria-label", name);
    one.title = name;
  }
  label.textContent = playing ? frameText(playing, state) : "";
  note.textContent = playing && Object.keys(playing.former).length ? time.playsCounts : "";
  note.title = note.textContent;
}

/** @param {keyof typeof SIGNS} sign */
function icon(sign) {
  return svg(
    "svg",
    { width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: SIGNS[sign], fill: "currentColor" }),
  );
}

/** @param {Playing} playing @param {State} state */
function frameText({ edges, frame, growing }, { view, summary }) {
  const [start, from, to] = [edges[0], edges[frame], edges[frame + 1]].map((edge) => Date.parse(edge ?? ""));
  const hours = ((to ?? 0) - (from ?? 0)) / 3_600_000;
  const format = new Intl.DateTimeFormat(view.language, {
    timeZone: summary?.time_zone ?? "UTC",
    day: "numeric",
    month: "short",
    ...(hours < 24 ? { hour: "2-digit", minute: "2-digit" } : {}),
  });
  return format.formatRange((growing ? start : from) ?? 0, (to ?? 0) - (hours < 24 ? 0 : 1000));
}

/** @param {HTMLElement} playhead @param {Playing | null} playing @param {(instant: number) => number} along */
function movePlayhead(playhead, playing, along) {
  playhead.hidden = !playing;
  if (!playing) return;
  const [left, right] = [playing.growing ? 0 : playing.frame, playing.frame + 1].map((at) => along(Date.parse(playing.edges[at] ?? "")));
  playhead.style.left = `${(left ?? 0) * 100}%`;
  playhead.style.width = `${((right ?? 0) - (left ?? 0)) * 100}%`;
}
