/**
 * <heat-map src="https://map.example.org" sector="roads" window="7d" measure="open" layer="hexes"></heat-map>
 *
 * A frame with the service's /embed in it, and nothing else: it needs no library, the page's styles and policies do not
 * reach the map, nor the map's the page; the page needs only `frame-src` and `script-src` for the service. Every attribute
 * but those of the element itself is handed on as a parameter. A changed one is told to the frame, which shows it
 * without loading again. Events: `ready`, `select`, `error`, with what they tell in `detail`.
 */

/** Attributes that are no parameters of the map; nor are those of HTML itself: see `isParameter`. */
const OWN = ["src", "label", "loading"];
const OF_HTML = [
  "class",
  "id",
  "style",
  "slot",
  "part",
  "title",
  "hidden",
  "dir",
  "role",
  "tabindex",
  "is",
  "nonce",
  "translate",
  "draggable",
  "inert",
];
/** The frame's language is there from its beginning: MapLibre's controls cannot change theirs. */
const RELOAD = ["src", "lang", "map", "legend", "alerts"];
const TITLES = { en: "Map of citizen-reported incidents", ru: "Карта сообщений граждан" };
/** A page that has not said hello by then is not ours, ms after it has loaded. */
const PATIENCE_MS = 10_000;

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(
  ":host { display: block; height: 24rem; } :host([hidden]) { display: none; } iframe { display: block; width: 100%; height: 100%; border: 0; }",
);

/** @param {string} name of an attribute */
export function isParameter(name) {
  return !OWN.includes(name) && !OF_HTML.includes(name) && !/^(?:on|data-|aria-|_|v-|x-)/.test(name);
}

export class HeatMap extends HTMLElement {
  constructor() {
    super();
    this.frame = document.createElement("iframe");
    this.greeted = false;
    this.shown = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.impatient = undefined;
    // Any attribute may be a parameter, also one that a later version of the service brings.
    this.changes = new MutationObserver((records) => this.change(records.map(({ attributeName }) => attributeName ?? "")));
    this.hear = (/** @type {MessageEvent} */ event) => this.take(event);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [SHEET];
    root.append(this.frame);
    this.frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox");
    this.frame.setAttribute("referrerpolicy", "origin");
    this.frame.addEventListener("load", () => this.wait());
  }

  connectedCallback() {
    addEventListener("message", this.hear);
    this.changes.observe(this, { attributes: true });
    this.begin();
  }

  disconnectedCallback() {
    removeEventListener("message", this.hear);
    this.changes.disconnect();
    clearTimeout(this.impatient);
  }

  /** The service's address without a slash at its end; that of this file where `src` is absent. */
  get service() {
    return new URL(this.getAttribute("src") || new URL(".", import.meta.url), document.baseURI).href.replace(/\/$/, "");
  }

  /** The attributes as the frame's query. */
  get query() {
    const given = [...this.attributes].filter(({ name }) => isParameter(name) && name !== "lang").map(({ name, value }) => [name, value]);
    return new URLSearchParams([...given, ...(this.language ? [["lang", this.language]] : [])]).toString();
  }

  /** The element's own, else that of the page around it where the map speaks it, else "": the reader's. */
  get language() {
    const own = this.getAttribute("lang");
    const nearest = (own ?? this.closest("[lang]")?.getAttribute("lang") ?? "").slice(0, 2).toLowerCase();
    return own !== null || nearest in TITLES ? nearest : "";
  }

  begin() {
    const { service, query } = this;
    this.greeted = false;
    this.shown = query;
    this.name();
    this.frame.loading = this.getAttribute("loading") === "eager" ? "eager" : "lazy";
    this.frame.src = `${service}/embed${query && "?"}${query}`;
  }

  /** What screen readers call the frame. @param {string} [shown] what it says that it shows */
  name(shown = "") {
    const spoken = (this.language || navigator.language).startsWith("ru") ? "ru" : "en";
    this.frame.title = this.getAttribute("label") || this.getAttribute("title") || shown || TITLES[spoken];
  }

  /** @param {string[]} names of attributes that have changed */
  change(names) {
    this.name();
    if (names.some((name) => RELOAD.includes(name))) this.begin();
    else if (this.greeted) this.show();
  }

  show() {
    const { query } = this;
    if (query === this.shown) return;
    this.shown = query;
    this.frame.contentWindow?.postMessage({ type: "heat-map:show", query }, new URL(this.service).origin);
  }

  /** The frame has loaded something; whether it is the map only the map itself can say. */
  wait() {
    clearTimeout(this.impatient);
    if (!this.greeted)
      this.impatient = setTimeout(
        () => this.emit("error", { kind: "unreachable", message: `${this.service}/embed does not answer` }),
        PATIENCE_MS,
      );
  }

  /** @param {MessageEvent} event */
  take({ source, origin, data }) {
    if (source !== this.frame.contentWindow || origin !== new URL(this.service).origin) return;
    const what = /^heat-map:(hello|ready|select|error)$/.exec(data?.type)?.[1];
    if (what === "hello") this.greet();
    if (what === "ready") this.name(data.detail?.title);
    if (what && what !== "hello") this.emit(what, data.detail);
  }

  greet() {
    this.greeted = true;
    clearTimeout(this.impatient);
    // Attributes may have changed while the frame was loading.
    this.show();
  }

  /** @param {string} what @param {unknown} detail */
  emit(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}

if (!customElements.get("heat-map")) customElements.define("heat-map", HeatMap);
