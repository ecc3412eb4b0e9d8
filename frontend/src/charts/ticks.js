/** Where an axis gets its labels. */

/**
 * Which buckets get a label, so that labels do not touch.
 * @param {number} count @param {number} width of the chart, px @param {number} least px between labels
 */
export function labelled(count, width, least) {
  const every = Math.max(1, Math.ceil(least / (width / Math.max(1, count))));
  return Array.from({ length: Math.ceil(count / every) }, (_, at) => at * every).filter(
    (at) => (at + 0.5) * (width / count) < width - least / 2 || at === 0,
  );
}
