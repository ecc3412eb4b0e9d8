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
  filters: "M1.5 3h13M4 8h8M6.5 13h3",
  overview: "M2 14V8M6 14V3M10 14V6M14 14v-4M1 14.5h14",
  now: `${RING}M8 4.5V8l2.5 2`,
  analysis: "M1.5 2.5h13v11h-13zM1.5 6.5h13M6 6.5v7",
  share: "M8 10V2M5 4.5L8 1.5l3 3M3 7.5v6.5h10V7.5",
  full: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  scheme: `${RING}M8 1.5v13M10 3v10M12 5v6`,
  report: "M3.5 1.5h6l3 3v10h-9zM6 7h4M6 10h4",
  more: "M3 8v.1M8 8v.1M13 8v.1",
  search: "M6.5 1.5a5 5 0 1 0 0 10a5 5 0 1 0 0-10M10 10l4.5 4.5",
  up: "M3 10l5-5l5 5",
  down: "M3 6l5 5l5-5",
  left: "M10 3l-5 5l5 5",
  right: "M6 3l5 5l-5 5",
  stale: "M8 1.5a6.5 6.5 0 1 0 6.5 6.5M8 4.5V8l-2.5 2M11 1.5l3.5 0M14.5 5v-3.5",
};

/** @param {string} name, one of SIGNS */
export function icon(name) {
  return svg(
    "svg",
    { class: "sign", width: 16, height: 16, viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: SIGNS[name] ?? RING, fill: "none" }),
  );
}
