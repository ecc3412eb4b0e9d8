/**
 * A stream of events that does not stay broken without anybody noticing.
 *
 * A browser tells of a connection that ends, not of one that has gone dead: after a computer has slept, or a network
 * has changed, the stream may look open for hours and say nothing.
 */

/** How often to look after the stream, ms. */
export const LOOK_MS = 30_000;
/** Timers that are so much late have slept, ms. */
const SLEPT_MS = 60_000;

/**
 * As `new EventSource(address)`, as far as live.js needs it.
 * @param {string} address
 * @param {() => number | undefined} seen the revision of the numbers that the page has: where it goes on and the stream says
 *   nothing of it, the stream is dead
 * @param {(address: string) => EventSource} [open]
 * @returns {EventSource}
 */
export function openSteady(address, seen, open = (at) => new EventSource(at)) {
  const stream = new SteadyStream(address, seen, open);
  return /** @type {EventSource} */ (/** @type {unknown} */ (stream));
}

class SteadyStream extends EventTarget {
  CLOSED = 2;
  /** Of a stream that the browser has given up; whoever listens opens another one. */
  readyState = 1;
  /** @type {EventSource | null} */
  events = null;
  /** @type {number | undefined} */
  heard = undefined;
  /** What was heard last when the numbers were found to be others. @type {number | undefined} */
  suspect = undefined;
  looked = Date.now();

  /** @param {string} address @param {() => number | undefined} seen @param {(address: string) => EventSource} open */
  constructor(address, seen, open) {
    super();
    this.again = () => {
      this.events?.close();
      this.events = open(address);
      this.events.addEventListener("revision", ({ data }) => {
        this.heard = JSON.parse(data).revision;
        this.dispatchEvent(new MessageEvent("revision", { data }));
      });
      this.events.addEventListener("error", () => this.fail());
    };
    this.seen = seen;
    this.looking = setInterval(() => this.look(), LOOK_MS);
    globalThis.addEventListener?.("online", this.again);
    this.again();
  }

  look() {
    const slept = Date.now() - this.looked > LOOK_MS + SLEPT_MS;
    this.looked = Date.now();
    const other = this.heard !== undefined && this.seen() !== undefined && this.seen() !== this.heard;
    const dead = other && this.suspect === this.heard;
    this.suspect = other && !dead ? this.heard : undefined;
    if (slept || dead) this.again();
  }

  fail() {
    this.readyState = this.events?.readyState ?? this.CLOSED;
    if (this.readyState === this.CLOSED) {
      clearInterval(this.looking);
      globalThis.removeEventListener?.("online", this.again);
    }
    this.dispatchEvent(new Event("error"));
  }
}
