/** What hexagons are called: asked for while the pointer rests on one, as tiles have no names. */

/** @import { CellAnswer } from "../page/answer_types.js" */
/** @import { Named, View } from "../page/state.js" */
import { fetchJson } from "../page/api.js";
import { countedQuery } from "../page/url.js";

/** A pointer that only passes asks nothing, ms. */
const REST_MS = 150;
/** Names that are remembered. */
const MOST = 500;

/**
 * @param {(address: string) => Promise<CellAnswer>} [ask]
 * @returns {(cell: string, view: View, tell: (name: Named) => void) => Named | null} the name where it is known; else it is told later,
 *   unless another one is asked for before
 */
export function hexagonNames(ask = fetchJson) {
  /** @type {Map<string, Named | null>} */
  const known = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let wanted = "";
  return (cell, view, tell) => {
    const address = `/api/cells/${cell}?${countedQuery(view)}`;
    clearTimeout(waiting);
    wanted = address;
    const name = known.get(address);
    if (name !== undefined) return name;
    waiting = setTimeout(async () => {
      const answer = await ask(address).catch(() => null);
      if (!answer) return;
      if (known.size >= MOST) known.clear();
      known.set(address, answer.cell.name ?? null);
      if (wanted === address && answer.cell.name) tell(answer.cell.name);
    }, REST_MS);
    return null;
  };
}
