/** Small signs beside what is said, so that states differ by shape and not by colour alone. */

import { svg } from "./svg.js";

const RING = "M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13";
/** Lines on a ground of 16 × 16. @type {Record<string, string>} */
const SIGNS = {
  loading: `${RING}M8 4.5V8l2.5 2`,
  busy: "M3 1.5h10M3 14.5h10M4 1.5c0 4 8 9 8 13M12 1.5c0 4-8 9-8 13",
  unreachable: "M1.5 8h4M10.5 8h4M5.5 4.5v7M10.5 4.5v7M7.5 6l1 4",
  offline: "M1.5 6c4-4 9-4 13 0M4.5 9.5c2-2 5-2 7 0M8 13v.1M2 2l12 12",
  refused: `${RING}M4.5 8h7`,
  failed: "M8 1.5L15 14.5H1zM8 6v4M8 12.2v.1",
  stale: "M8 1.5a6.5 6.5 0 1 0 6.5 6.5M8 4.5V8l-2.5 2M11 1.5l3.5 0M14.5 5v-3.5",
};

/** @param {string} name */
export function icon(name) {
  return svg(
    "svg",
    { class: "sign", width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: SIGNS[name] ?? RING, fill: "none" }),
  );
}
