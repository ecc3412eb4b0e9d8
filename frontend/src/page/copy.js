/** Copying a text, and saying so. */

/** @import { Language } from "./state.js" */
import { byId, element } from "./dom.js";
import { fill, words } from "../words/i18n.js";

const SAID_MS = 2500;

/**
 * @param {Language} language @param {string} key the button's `data-key` @param {string} text on the button @param {() => string} content what is copied
 * @param {string} what is called so to those who cannot see where the button stands; "" where its text says enough
 */
export function copyButton(language, key, text, content, what = "") {
  const { copied, copiedWhat, copyWhat } = words(language).share;
  const made = element(
    "button",
    { type: "button", class: "copy", "data-key": `copy ${key}`, ...(what && { "aria-label": fill(copyWhat, { what }) }) },
    text,
  );
  made.addEventListener("click", async () => {
    const done = await copyText(content());
    announce(done ? fill(copiedWhat, { what: what || text }) : words(language).share.notCopied);
    if (!done) return;
    made.textContent = `✓ ${copied}`;
    setTimeout(() => (made.textContent = text), SAID_MS);
  });
  return made;
}

/** Without a secure connection the browser has no clipboard for pages; the old way works there. @param {string} text @returns {Promise<boolean>} */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyMarked(text);
  }
}

/** @param {string} text */
function copyMarked(text) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const box = element("textarea", { class: "unseen", readonly: true, "aria-hidden": "true" }, text);
  document.body.append(box);
  box.select();
  const done = document.execCommand("copy");
  box.remove();
  focused?.focus({ preventScroll: true });
  return done;
}

/** Says it to screen readers, without moving anything. @param {string} text */
export function announce(text) {
  byId("announcement").textContent = text;
}
