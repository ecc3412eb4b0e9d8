/**
 * One stream of events for all frames and tabs of a browser.
 *
 * Over HTTP/1.1 a browser opens six connections to a host; a stream holds one for good, so six maps on a page would
 * leave none for their tiles. Of all that listen one holds the stream, and tells the others what it hears.
 */

import { createBackoff } from "./backoff.js";
import { serviceRoot } from "./service.js";

/** Of this service alone: another one may have the same origin and another path. */
const NAME = `geo-live ${serviceRoot()}`;
/** How often a frame that cannot share looks whether something has changed. */
const LOOK_MS = 5000;

/**
 * As `new EventSource(address)`, as far as live.js needs it.
 * @param {string} path below the service's address
 * @returns {EventSource}
 */
export function openShared(path) {
  return /** @type {EventSource} */ (/** @type {unknown} */ (new SharedStream(`${serviceRoot()}${path}`)));
}

/** What is said between the frames; a frame that comes later asks for the last word. @typedef {{ type: "revision", data: string } | { type: "error" } | { type: "ask" }} Word */

class SharedStream extends EventTarget {
  CLOSED = EventSource.CLOSED;
  /** Never closed for those that listen: whoever holds the stream opens it again. */
  readyState = EventSource.OPEN;

  /** @param {string} address */
  constructor(address) {
    super();
    this.channel = new BroadcastChannel(NAME);
    this.channel.addEventListener("message", ({ data }) => this.say(data));
    this.channel.postMessage({ type: "ask" });
    // Held until the frame is gone; then the next in the queue takes over. Locks exist only where the connection is
    // secure, and a browser that keeps nothing for frames of other sites refuses them.
    const held = navigator.locks?.request(NAME, () => new Promise(() => this.hold(address))) ?? Promise.reject(new Error("no locks"));
    held.catch(() => this.look(address));
  }

  /** Open the stream, hear where things stand, and leave the connection to others for a while. @param {string} address */
  look(address) {
    const events = new EventSource(address);
    const end = (/** @type {Word} */ word) => {
      events.close();
      this.say(word);
      setTimeout(() => this.look(address), LOOK_MS);
    };
    events.addEventListener("revision", ({ data }) => end({ type: "revision", data }));
    events.addEventListener("error", () => end({ type: "error" }));
  }

  /** @param {string} address */
  hold(address) {
    /** @type {Word | null} */
    let last = null;
    const pass = (/** @type {Word} */ word) => {
      last = word;
      this.channel.postMessage(word);
      this.say(word);
    };
    this.channel.addEventListener("message", ({ data }) => {
      if (data.type === "ask" && last) this.channel.postMessage(last);
    });
    const backoff = createBackoff();
    const open = () => {
      const events = new EventSource(address);
      events.addEventListener("revision", ({ data }) => {
        backoff.reset();
        pass({ type: "revision", data });
      });
      events.addEventListener("error", () => {
        pass({ type: "error" });
        events.close();
        setTimeout(open, backoff.next());
      });
    };
    open();
  }

  /** @param {Word} word */
  say(word) {
    if (word.type === "revision") this.dispatchEvent(new MessageEvent("revision", { data: word.data }));
    if (word.type === "error") this.dispatchEvent(new Event("error"));
  }
}
