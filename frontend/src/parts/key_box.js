/** Where an operator enters a key, shown where a key would open something. */

/** @import { PageStore } from "../page/state.js" */
import { changeKey, loadAccess, storedKey } from "../page/access.js";
import { announce } from "../page/copy.js";
import { element } from "../page/dom.js";
import { words } from "../words/i18n.js";

/** @typedef {"read:text" | "write:incidents"} Scope */

/** The parts of the page are drawn anew: whether the box is open, and what is typed, outlasts that. */
const typed = { isOpen: false, key: "", problem: "" };

/** Whether the reader may do it. @param {PageStore} store @param {Scope} scope */
export function isAllowed(store, scope) {
  const { access } = store.get();
  if (!access) void loadOnce(store);
  return access?.scopes.includes(scope) ?? false;
}

/** @type {Promise<void> | undefined} */
let loading;

/** @param {PageStore} store */
function loadOnce(store) {
  loading ??= loadAccess(store).finally(() => {
    // A service that was away is asked again at the next look.
    if (!store.get().access) loading = undefined;
  });
  return loading;
}

/** Nothing where the key allows it already, and where no key could. @param {PageStore} store @param {Scope} scope @returns {Node[]} */
export function keyBox(store, scope) {
  const { access, view } = store.get();
  const { access: texts } = words(view.language);
  if (!access) void loadOnce(store);
  if (!access || (!access.scopes_of_keys.includes(scope) && !storedKey())) return [];
  if (storedKey()) return storedBox(store, scope);
  if (access.scopes.includes(scope)) return [];
  const input = element("input", {
    type: "password", autocomplete: "off", required: true, "aria-label": texts.keyLabel, "data-key": `key ${scope}`,
    oninput: () => (typed.key = input.value),
  }); // biome-ignore format: one attribute beside the other
  input.value = typed.key;
  const enter = async (/** @type {Event} */ event) => {
    event.preventDefault();
    await enterKey(store, typed.key.trim());
  };
  const remember = (/** @type {Event} */ { currentTarget: here }) => (typed.isOpen = here instanceof HTMLDetailsElement && here.open);
  const form = element(
    "form",
    { class: "key", onsubmit: enter },
    input,
    element("button", { type: "submit", "data-key": `enter ${scope}` }, texts.enter),
  );
  const problem = typed.problem ? [element("p", { class: "trouble", role: "alert" }, typed.problem)] : [];
  return [
    element(
      "details",
      { class: "index", "data-same": `key box ${scope}`, open: typed.isOpen, ontoggle: remember },
      element("summary", {}, texts.key),
      element("p", { class: "muted" }, texts.keyFor[scope], " ", texts.stored),
      form,
      ...problem,
    ),
  ];
}

/** @param {PageStore} store @param {Scope} scope */
function storedBox(store, scope) {
  const { access, view } = store.get();
  const { access: texts } = words(view.language);
  const forget = () => changeKey(store, "");
  const button = element("button", { type: "button", class: "link", "data-key": `forget ${scope}`, onclick: forget }, texts.forget);
  const without = access?.scopes.includes(scope) ? [] : [texts.without, " "];
  return [element("p", { class: "muted", "data-same": `key ${scope}` }, ...without, texts.stored, " ", button)];
}

/** @param {PageStore} store @param {string} key */
async function enterKey(store, key) {
  if (!key) return;
  const { access: texts } = words(store.get().view.language);
  const outcome = await changeKey(store, key);
  typed.problem = { kept: "", invalid: texts.invalid, unreachable: texts.noAnswer }[outcome];
  if (outcome === "kept") Object.assign(typed, { isOpen: false, key: "" });
  announce(typed.problem || texts.stored);
  // Whoever shows the box draws anew for any new view.
  store.set({ view: { ...store.get().view } });
}
