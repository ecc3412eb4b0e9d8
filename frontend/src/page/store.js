/**
 * What the page knows, in one place. Each part of the page watches what it shows; none knows another.
 *
 * @template {object} State
 * @typedef {object} Store
 * @property {() => State} get
 * @property {(change: Partial<State>) => void} set watchers of what has changed are told, in the order they came
 * @property {<Value>(pick: (state: State) => Value, act: (value: Value, state: State) => void) => void} watch
 *   acts now, and whenever the picked value is another one
 */

/**
 * @template {object} State
 * @param {State} initial
 * @returns {Store<State>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {(() => void)[]} */
  const watchers = [];
  return {
    get: () => state,
    set(change) {
      state = { ...state, ...change };
      for (const watcher of watchers) watcher();
    },
    watch(pick, act) {
      let last = pick(state);
      act(last, state);
      watchers.push(() => {
        const value = pick(state);
        if (Object.is(value, last)) return;
        last = value;
        act(value, state);
      });
    },
  };
}
