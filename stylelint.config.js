/** Rules for the style sheets; Biome formats them. */

/** The kinds of value that a custom property may have: its name begins with one. frontend/tests/styles.test.js checks the values. */
const KINDS = "color|size|shadow|number";

/** @type {import("stylelint").Config} */
export default {
  extends: "stylelint-config-standard",
  rules: {
    "custom-property-pattern": [`^(${KINDS})-[a-z0-9-]+$`, { message: "a custom property begins with the kind of its value" }],
    // Ids are the parts of the page; each sheet is a layer, so that a selector need not be weak to be overridden.
    "selector-id-pattern": "^[a-z][a-z0-9-]*$",
    "no-descending-specificity": null,
    // MapLibre names its parts so.
    "selector-class-pattern": "^[a-z][a-z0-9-]*$",
    // Where lines stand is Biome's matter.
    "at-rule-empty-line-before": null,
    "comment-empty-line-before": null,
    "custom-property-empty-line-before": null,
    "declaration-empty-line-before": null,
    "rule-empty-line-before": null,
    "declaration-block-single-line-max-declarations": null,
  },
};
