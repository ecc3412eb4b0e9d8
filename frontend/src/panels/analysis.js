/** For analysts: two periods side by side, a cross-table, the rating of agencies; each can be downloaded. */

/** @import { PageStore } from "../page/state.js" */
import { byId } from "../page/dom.js";
import { showAgencies } from "./agencies.js";
import { showAnswerTimes } from "./answer_times.js";
import { showComparison } from "./comparison.js";
import { showCross } from "./cross.js";
import { widerButton } from "./table_parts.js";

/** @param {PageStore} store */
export function showAnalysis(store) {
  byId("analysis").append(widerButton(store), ...[showComparison, showCross, showAnswerTimes, showAgencies].map((show) => show(store)));
}
