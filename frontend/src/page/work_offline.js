/** Has the browser keep the page and its last numbers, where a build is served; sources that change all the time are not kept. */

import { serviceRoot } from "./service.js";

/**
 * @param {() => void} refresh asks for what is shown once more, now that it is kept
 */
export function workOffline(refresh) {
  const { serviceWorker } = navigator;
  if (!serviceWorker || !document.querySelector('meta[name="geo-build"]') || window.top !== window) return;
  const first = !serviceWorker.controller;
  serviceWorker.addEventListener("controllerchange", () => first && refresh(), { once: true });
  // Refused in private windows, and where the connection is not secure.
  void serviceWorker.register(`${serviceRoot()}/service-worker.js`, { updateViaCache: "none" }).catch(() => {});
}
