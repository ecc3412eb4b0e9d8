/** The view elsewhere: link, frame, tiles, files, picture, paper. */

/** @import { Shared } from "./share_addresses.js" */
/** @import { Language, PageStore } from "../page/state.js" */
import { announce, copyButton } from "../page/copy.js";
import { byId, element, patch } from "../page/dom.js";
import { serviceRoot } from "../page/service.js";
import { words } from "../words/i18n.js";
import { selectionWords } from "../words/selection.js";
import { savedPart } from "../saved/saved.js";
import { filesOf } from "./files.js";
import { sharedAs } from "./share_addresses.js";
import { isShown } from "../view/steps.js";

const TEXTS = /** @type {const} */ (["link", "frame", "element", "tilejson", "style"]);

/** @param {PageStore} store */
export function showShare(store) {
  const saved = savedPart(store);
  const redraw = () => {
    const state = store.get();
    if (!isShown(state, "share")) return;
    const { view, place } = state;
    const { share } = words(view.language);
    const shared = sharedAs(view, place, serviceRoot(), `${share.frameTitle}: ${selectionWords(state).join(" · ")}`);
    patch(byId("share"), [
      saved,
      filesOf(state),
      element("p", { class: "muted" }, share.rule),
      ...TEXTS.map((name) => copied(view.language, name, share[name], shared)),
      paperOf(store, view.language),
    ]);
  };
  store.watch((state) => state.view, redraw);
  store.watch((state) => state.place, redraw);
  store.watch((state) => state.picture, redraw);
  store.watch((state) => state.legend?.resolution, redraw);
  store.watch((state) => state.summary?.n, redraw);
}

/** @param {Language} language @param {typeof TEXTS[number]} name @param {string} title @param {Shared} shared */
function copied(language, name, title, shared) {
  const text = shared[name];
  // The code is shown by the same key, so that the button copies what stands beside it.
  const button = copyButton(language, `${name} ${text}`, words(language).share.copy, () => text, title);
  return element("section", { "data-share": name }, element("header", {}, element("h2", {}, title), button), element("code", {}, text));
}

/** @param {PageStore} store @param {Language} language */
function paperOf(store, language) {
  const { share } = words(language);
  const { picture } = store.get();
  const save = element("button", { type: "button", "data-key": "picture" }, share.picture);
  save.addEventListener("click", () => void savePicture(save, picture, language));
  const print = element("button", { type: "button", "data-key": "print" }, share.print);
  print.addEventListener("click", () => void (store.get().print ?? window.print)());
  return element("section", {}, element("h2", {}, share.paper), element("div", { class: "choices" }, ...(picture ? [save] : []), print));
}

/** @param {HTMLButtonElement} button @param {(() => Promise<unknown>) | null} picture @param {Language} language */
async function savePicture(button, picture, language) {
  const { share } = words(language);
  button.disabled = true;
  button.textContent = share.picturing;
  try {
    await picture?.();
  } catch (error) {
    console.error(error);
    announce(share.noPicture);
  }
  button.disabled = false;
  button.textContent = share.picture;
}
