/** Views that the reader has given names, in the browser's storage; where it keeps nothing, for as long as the page is open. */

/** @typedef {{ name: string, address: string }} SavedView address: the part from # on */
/** @typedef {Pick<Storage, "getItem" | "setItem">} Store */

const KEY = "geo-service views";
/** More would be no list to look through. */
const MOST = 100;
const MOST_LETTERS = 80;

/**
 * @param {() => Store} openStorage may throw, as private windows and blocked cookies make it
 */
export function savedViews(openStorage) {
  /** @type {SavedView[]} */
  let views = [];
  let isKept = true;

  function read() {
    try {
      views = parsed(openStorage().getItem(KEY));
      isKept = true;
    } catch {
      isKept = false;
    }
    return views;
  }

  /** @param {SavedView[]} next */
  function write(next) {
    views = next.slice(0, MOST);
    try {
      openStorage().setItem(KEY, JSON.stringify(views));
      isKept = true;
    } catch {
      isKept = false;
    }
    return views;
  }

  return {
    read,
    isKept: () => isKept,
    /** The newest first; one of the same name is replaced. @param {string} name @param {string} address */
    add: (name, address) => write([{ name: shortened(name), address }, ...read().filter((view) => view.name !== shortened(name))]),
    /** @param {string} name @param {string} next another view of this name is replaced */
    rename: (name, next) =>
      write(
        read()
          .filter((view) => view.name === name || view.name !== shortened(next))
          .map((view) => (view.name === name && shortened(next) ? { ...view, name: shortened(next) } : view)),
      ),
    /** @param {string} name */
    remove: (name) => write(read().filter((view) => view.name !== name)),
    /** Puts a list back that was there before. @param {SavedView[]} former */
    restore: (former) => write(former),
  };
}

/** What another page, or another version, has stored may be anything. @param {string | null} text @returns {SavedView[]} */
function parsed(text) {
  /** @type {unknown} */
  let stored = null;
  try {
    stored = JSON.parse(text ?? "[]");
  } catch {
    return [];
  }
  if (!Array.isArray(stored)) return [];
  return stored
    .filter((one) => typeof one?.name === "string" && one.name && /^#[^\s]*$/.test(one?.address))
    .map(({ name, address }) => ({ name, address }));
}

/** @param {string} name */
function shortened(name) {
  return name.trim().replaceAll(/\s+/g, " ").slice(0, MOST_LETTERS);
}
