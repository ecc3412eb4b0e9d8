/** Keeps the column that a table is sorted by in sight: a number that is cut is a wrong number. */

/**
 * @param {HTMLElement} box that scrolls the table
 * @returns {() => void} scrolls to the column, where it is not to be seen: after it was chosen
 */
export function keepSortedInSight(box) {
  let known = "";
  const reveal = () => {
    const [first, head] = ["th", "th[aria-sort$='ending']"].map((one) => box.querySelector(one)?.getBoundingClientRect());
    if (!first || !head) return;
    const { left, width } = box.getBoundingClientRect();
    const [from, to] = [left + first.width, left + Math.min(width, box.clientWidth)];
    if (head.right > to) box.scrollLeft += head.right - to;
    else if (head.left < from && head.left !== first.left) box.scrollLeft -= from - head.left;
  };
  // Where another width has hidden it; while only rows change, whoever has scrolled is left alone.
  new ResizeObserver(() => {
    const now = `${box.clientWidth} ${box.scrollWidth}`;
    if (now !== known) reveal();
    known = now;
  }).observe(box);
  return reveal;
}
