/** Drawing on the map: Shift and drag for a box, the tool for a lasso, Shift and click for one place. By mouse, pen and finger. */

/** @import { Map as MapLibreMap } from "maplibre-gl" */
/** @import { LassoButton } from "./lasso_button.js" */
import { svg } from "../charts/svg.js";

/** @typedef {[number, number]} Corner px from the map's upper left corner */
/** @typedef {{ corners: Corner[], adds: boolean }} Shape adds: to what is selected already */
/** @typedef {{ onShape: (shape: Shape) => void, onPick: (point: Corner) => void }} Listener */

/** A pointer that has moved less has clicked, px. */
const STILL = 4;
/** The service takes a few more. */
const MOST_CORNERS = 120;
/** What MapLibre would make of the same gesture. */
const FOREIGN = ["mousedown", "mousemove", "mouseup", "click", "touchstart", "touchmove", "touchend"];

/** @param {MapLibreMap} map @param {LassoButton} tool @param {Listener} listener */
export function watchGestures(map, tool, { onShape, onPick }) {
  map.boxZoom.disable();
  const frame = map.getContainer();
  const canvas = map.getCanvasContainer();
  const line = svg("polygon", { class: "lasso" });
  const sheet = svg("svg", { class: "lasso-sheet", "aria-hidden": "true" }, line);
  /** @type {Corner[]} */
  let path = [];
  let box = false;
  /** The click that ends a gesture comes after it. */
  let swallows = false;

  const shape = () => (box ? cornersOf(path) : path);
  const end = () => {
    path = [];
    sheet.remove();
  };
  frame.addEventListener(
    "pointerdown",
    (event) => {
      swallows = event.button === 0 && canvas.contains(/** @type {Node} */ (event.target)) && (event.shiftKey || tool.isOn());
      if (!swallows) return;
      event.stopPropagation();
      box = event.shiftKey;
      path = [pointOf(frame, event)];
      canvas.setPointerCapture(event.pointerId);
      frame.append(sheet);
    },
    true,
  );
  frame.addEventListener("pointermove", (event) => {
    if (!path.length) return;
    const last = /** @type {Corner} */ (path.at(-1));
    const point = pointOf(frame, event);
    if (distance(last, point) < STILL) return;
    path.push(point);
    line.setAttribute("points", shape().map(String).join(" "));
  });
  frame.addEventListener("pointerup", (event) => {
    const [first] = path;
    if (!first) return;
    const corners = shape();
    const drawn = path.length > 1;
    end();
    if (drawn) onShape({ corners: thinned(corners), adds: event.ctrlKey || event.metaKey });
    else if (event.shiftKey) onPick(first);
    if (drawn) tool.turn(false);
  });
  frame.addEventListener("pointercancel", end);
  addEventListener("keydown", ({ key }) => {
    if (key !== "Escape" || !(path.length || tool.isOn())) return;
    end();
    tool.turn(false);
  });
  for (const name of FOREIGN) {
    frame.addEventListener(
      name,
      (event) => {
        if (!(swallows || tool.isOn()) || !canvas.contains(/** @type {Node} */ (event.target))) return;
        event.stopPropagation();
        // The keyboard goes where the pointer is; the page does not mark text or scroll meanwhile.
        if (name !== "click" && event.cancelable) event.preventDefault();
        if (name === "click") swallows = false;
      },
      { capture: true, passive: false },
    );
  }
}

/** @param {HTMLElement} frame @param {PointerEvent} event @returns {Corner} */
function pointOf(frame, { clientX, clientY }) {
  const { left, top } = frame.getBoundingClientRect();
  return [clientX - left, clientY - top];
}

/** @param {Corner} one @param {Corner} other */
function distance(one, other) {
  return Math.hypot(one[0] - other[0], one[1] - other[1]);
}

/** The box between the first and the last point. @param {readonly Corner[]} path @returns {Corner[]} */
function cornersOf(path) {
  const [[left, top], [right, bottom]] = /** @type {[Corner, Corner]} */ ([path[0], path.at(-1)]);
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

/** As many corners as the service takes; a line of two is no area, and gets a third. @param {readonly Corner[]} corners @returns {Corner[]} */
function thinned(corners) {
  const step = Math.ceil(corners.length / MOST_CORNERS);
  const kept = corners.filter((_, at) => at % step === 0);
  const last = /** @type {Corner} */ (kept.at(-1));
  return kept.length < 3 ? [...kept, last] : kept;
}
