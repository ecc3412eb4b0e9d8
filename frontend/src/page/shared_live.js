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

/** What is said between the frames; a frame that comes later asks for the last word. @typedef {{ type: "revision", data: string } | { type: "error" } | { type: "ask" }} Message */

class SharedStream extends EventTarget {
  CLOSED = EventSource.CLOSED;
  /** Never closed for those that listen: whoever holds the stream opens it again. */
  readyState = EventSource.OPEN;

  /** @param {string} address */
  constructor(address) {
    super();
    this.channel = new BroadcastChannel(NAME);
    this.channel.addEventListener("message", ({ data }) => this.deliver(data));
    this.channel.postMessage({ type: "ask" });
    // Held until the frame is gone; then the next in the queue takes over. Locks exist only where the connection is
    // secure, and a browser that keeps nothing for frames of other sites refuses them.
    const locked = navigator.locks?.request(NAME, () => new Promise(() => this.keepOpen(address))) ?? Promise.reject(new Error("no locks"));
    locked.catch(() => this.lookOnce(address));
  }

  /** Open the stream, hear where things stand, and leave the connection to others for a while. @param {string} address */
  lookOnce(address) {
    const events = new EventSource(address);
    const closeWith = (/** @type {Message} */ message) => {
      events.close();
      this.deliver(message);
      setTimeout(() => this.lookOnce(address), LOOK_MS);
    };
    events.addEventListener("revision", ({ data }) => closeWith({ type: "revision", data }));
    events.addEventListener("error", () => closeWith({ type: "error" }));
  }

  /** @param {string} address */
  keepOpen(address) {
    /** @type {Message | null} */
    let last = null;
    const broadcast = (/** @type {Message} */ message) => {
      last = message;
      this.channel.postMessage(message);
      this.deliver(message);
    };
    this.channel.addEventListener("message", ({ data }) => {
      if (data.type === "ask" && last) this.channel.postMessage(last);
    });
    const backoff = createBackoff();
    const open = () => {
      const events = new EventSource(address);
      events.addEventListener("revision", ({ data }) => {
        backoff.reset();
        broadcast({ type: "revision", data });
      });
      events.addEventListener("error", () => {
        broadcast({ type: "error" });
        events.close();
        setTimeout(open, backoff.next());
      });
    };
    open();
  }

  /** @param {Message} message */
  deliver(message) {
    if (message.type === "revision") this.dispatchEvent(new MessageEvent("revision", { data: message.data }));
    if (message.type === "error") this.dispatchEvent(new Event("error"));
  }
}
