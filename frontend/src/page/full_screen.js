/** The whole screen for the page: a button where the page has one, and the key F. */

/** Where keys are letters. */
const FIELDS = "input, select, textarea, [contenteditable]";

/** Go to the whole screen, or back. */
export async function toggleFullScreen() {
  // Refused where a frame or the reader's settings forbid it; there is nothing to be done then.
  if (document.fullscreenElement) await document.exitFullscreen().catch(() => {});
  else await document.documentElement.requestFullscreen?.().catch(() => {});
}

/** @param {HTMLElement | null} button is hidden where the browser has no whole screen, as on an iPhone */
export function offerFullScreen(button) {
  if (button) button.hidden = !document.fullscreenEnabled;
  button?.addEventListener("click", () => void toggleFullScreen());
  const say = () => button?.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
  document.addEventListener("fullscreenchange", say);
  say();
  addEventListener("keydown", ({ code, target, ctrlKey, altKey, metaKey }) => {
    // By the place of the key: a Russian keyboard has А there.
    if (code !== "KeyF" || ctrlKey || altKey || metaKey || (target instanceof Element && target.matches(FIELDS))) return;
    void toggleFullScreen();
  });
}
