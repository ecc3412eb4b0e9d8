/** The part of the map that no card covers. */

/** Left, right and bottom of the page as the cards leave it; a card that does not lie over the map takes nothing. */
const CARDS = /** @type {const} */ (["controls", "side", "dock"]);

/**
 * What the cards take from the map on each side, px.
 * @param {HTMLElement} container of the map
 */
export function covered(container) {
  const frame = container.getBoundingClientRect();
  const [left, right, below] = CARDS.map((id) => document.getElementById(id)?.getBoundingClientRect());
  const beside = (/** @type {DOMRect | undefined} */ card) =>
    Boolean(card?.width && card.top < frame.bottom && card.width < frame.width / 2);
  return {
    top: 0,
    right: right && beside(right) ? frame.right - right.left : 0,
    bottom: below?.height && below.top < frame.bottom ? frame.bottom - below.top : 0,
    left: left && beside(left) ? left.right - frame.left : 0,
  };
}

/** That part as a box in the map, px. @param {HTMLElement} container of the map */
export function freeSpace(container) {
  const { left, right, top, bottom } = covered(container);
  const { width, height } = container.getBoundingClientRect();
  return { left, top, width: Math.max(1, width - left - right), height: Math.max(1, height - top - bottom) };
}
