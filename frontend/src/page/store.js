/**
 * What the page knows, in one place. Each part of the page watches what it shows; none knows another.
 *
 * @template {object} State
 * @typedef {object} Store
 * @property {() => State} get
 * @property {(change: Partial<State>) => void} set watchers of what has changed are called, in the order they came
 * @property {<Value>(pick: (state: State) => Value, act: (value: Value, state: State) => void) => () => void} watch
 *   acts now, and whenever the picked value is another one, until what it returns is called
 */

/**
 * @template {object} State
 * @param {State} initial
 * @returns {Store<State>}
 */
export function createStore(initial) {
  let state = initial;
  /** @type {Set<() => void>} */
  const watchers = new Set();
  return {
    get: () => state,
    set(change) {
      state = { ...state, ...change };
      for (const watcher of watchers) watcher();
    },
    watch(pick, act) {
      let last = pick(state);
      act(last, state);
      const look = () => {
        const value = pick(state);
        if (Object.is(value, last)) return;
        last = value;
        act(value, state);
      };
      watchers.add(look);
      return () => void watchers.delete(look);
    },
  };
}

/**
 * The same store for a part of the page that may be made anew: at its end all that it watches comes to an end.
 *
 * @template {object} State
 * @param {Store<State>} store
 * @returns {{ store: Store<State>, end: () => void }}
 */
export function scoped(store) {
  /** @type {(() => void)[]} */
  const stops = [];
  let ended = false;
  return {
    store: {
      ...store,
      set(change) {
        if (!ended) store.set(change);
      },
      watch(pick, act) {
        const stop = ended ? () => {} : store.watch(pick, act);
        stops.push(stop);
        return stop;
      },
    },
    end() {
      ended = true;
      for (const stop of stops) stop();
    },
  };
}
