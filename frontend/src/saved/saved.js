/** The list of saved views: save this one, open, rename, delete and put back, copy the link. */

/** @import { PageStore } from "../page/state.js" */
/** @import { SavedView } from "./saved_views.js" */
import { announce, copyButton } from "../page/copy.js";
import { element, patch } from "../page/dom.js";
import { serviceRoot } from "../page/service.js";
import { writeView } from "../page/url.js";
import { fill, words } from "../words/i18n.js";
import { savedViews } from "./saved_views.js";

/** @param {PageStore} store @returns {HTMLElement} the same element always */
export function savedPart(store) {
  const views = savedViews(() => localStorage);
  const list = element("ul", { class: "saved" });
  const [title, rule, note] = [element("h2", {}), element("p", { class: "muted" }), element("p", { class: "muted", role: "status" })];
  const [input, save] = [element("input", { type: "text", maxlength: "80", autocomplete: "off" }), element("button", { type: "submit" })];
  const form = element("form", { class: "save" }, input, save);
  /** The name that is being changed. @type {string | null} */
  let renamed = null;

  const redraw = () => {
    const { language } = store.get().view;
    const { analyst } = words(language);
    title.textContent = analyst.saved;
    rule.textContent = views.isKept() ? analyst.savedRule : analyst.notKept;
    input.setAttribute("aria-label", analyst.name);
    input.placeholder = untitled(store);
    save.textContent = analyst.save;
    patch(
      list,
      views.read().map((view) => element("li", { "data-same": view.name }, ...(view.name === renamed ? [renaming(view)] : line(view)))),
    );
    // What reading has found out.
    rule.textContent = views.isKept() ? analyst.savedRule : analyst.notKept;
  };
  /** @param {SavedView} view */
  function line({ name, address }) {
    const { language } = store.get().view;
    const { analyst, copyLink } = words(language);
    const rename = () => {
      renamed = name;
      redraw();
      list.querySelector("input")?.focus();
    };
    return [
      element("a", { href: address, "data-key": `open ${name}` }, name),
      element(
        "button",
        { type: "button", class: "link", "data-key": `rename ${name}`, "aria-label": `${analyst.rename}: ${name}`, onclick: rename },
        analyst.rename,
      ),
      copyButton(language, `view ${name}`, copyLink, () => `${serviceRoot()}/${address}`, name),
      element(
        "button",
        {
          type: "button",
          class: "link",
          "data-key": `remove ${name}`,
          "aria-label": `${analyst.remove}: ${name}`,
          onclick: () => remove(name),
        },
        analyst.remove,
      ),
    ];
  }
  /** @param {SavedView} view */
  function renaming({ name }) {
    const { analyst } = words(store.get().view.language);
    const field = element("input", { type: "text", maxlength: "80", value: name, "aria-label": fill(analyst.renameTo, { name }) });
    const end = (/** @type {Event} */ event) => {
      event.preventDefault();
      renamed = null;
      views.rename(name, field.value);
      redraw();
      /** @type {HTMLElement | null} */ (list.querySelector(`[data-key="${CSS.escape(`rename ${field.value.trim()}`)}"]`))?.focus();
    };
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      field.value = name;
      end(event);
    });
    return element("form", { class: "save", onsubmit: end }, field, element("button", { type: "submit" }, analyst.done));
  }
  /** @param {string} name */
  function remove(name) {
    const { analyst } = words(store.get().view.language);
    const before = [...views.read()];
    views.remove(name);
    const undo = element("button", { type: "button", class: "link" }, analyst.undo);
    undo.addEventListener("click", () => {
      views.restore(before);
      note.replaceChildren();
      redraw();
      input.focus();
    });
    note.replaceChildren(`${fill(analyst.removed, { name })} `, undo);
    redraw();
    undo.focus();
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { view, place } = store.get();
    // The panel with the list is not what is to be seen again.
    const name = input.value.trim() || untitled(store);
    views.add(name, writeView({ ...view, tab: "overview" }, place && `#map=${place}`));
    input.value = "";
    announce(`${words(view.language).analyst.saved}: ${name}`);
    redraw();
  });
  store.watch((state) => state.view.language, redraw);
  // Another tab of the browser may have changed the list.
  addEventListener("storage", redraw);
  return element("section", { id: "saved", "data-same": "saved" }, title, form, list, note, rule);
}

/** What a view is called without a name: when it was saved. @param {PageStore} store */
function untitled(store) {
  const { language } = store.get().view;
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date());
  return fill(words(language).analyst.untitled, { date });
}
