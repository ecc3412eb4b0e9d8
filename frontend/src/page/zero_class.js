/** A class that holds nothing but zero is no part of the ramp: it is grey, on the map as in the legend. */

/** @import { Legend, Scheme } from "./state.js" */

/** Of what has no value, or none but zero. @type {Readonly<Record<Scheme, string>>} */
export const ZERO_INK = { light: "#d5d8da", dark: "#3d474f" };

/**
 * The legend with its class of zero in grey, if it has one. A legend of that class alone would else have the palette's middle
 * colour: a whole region in orange where nothing is overdue.
 * @param {Legend} legend @param {Scheme} scheme @returns {Legend}
 */
export function greyZero(legend, scheme) {
  const zero = legend.measure === "change" ? undefined : legend.classes.find(({ from, to, name }) => from === 0 && to === 0 && !name);
  if (!zero) return legend;
  const color = ZERO_INK[scheme];
  const colors = legend.palette.colors.with(zero.class, color);
  return {
    ...legend,
    palette: { ...legend.palette, colors },
    classes: legend.classes.map((row) => (row === zero ? { ...row, color } : row)),
  };
}
