/** Making elements. */

/**
 * An element of the page that index.html promises.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element with the id ${id}`);
  return found;
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | EventListener>} properties attributes; `onclick` and the like are listeners
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") made.toggleAttribute(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/**
 * A button that is on or off.
 * @param {boolean} pressed @param {() => void} choose @param {...(Node | string)} children
 */
export function toggle(pressed, choose, ...children) {
  return element("button", { type: "button", "aria-pressed": String(pressed), onclick: choose }, ...children);
}

/**
 * Put new buttons in place of old ones without taking the keyboard's focus away.
 * @param {HTMLElement} parent @param {HTMLElement[]} children
 */
export function replaceButtons(parent, children) {
  const focused = [...parent.children].findIndex((child) => child.contains(document.activeElement));
  parent.replaceChildren(...children);
  children[focused]?.focus();
}

/**
 * Put what has changed in place of what was there: what has not keeps the focus, marked text and its place under the
 * pointer. An element in which the focus was gets it back by its `data-key`.
 * @param {HTMLElement} parent @param {readonly (Node | string)[]} children
 */
export function patch(parent, children) {
  const held = parent.contains(document.activeElement) ? document.activeElement?.closest("[data-key]")?.getAttribute("data-key") : null;
  for (const [at, made] of children.entries()) {
    const child = typeof made === "string" ? new Text(made) : made;
    const old = parent.childNodes[at];
    if (!old) parent.append(child);
    else if (!old.isEqualNode(child)) old.replaceWith(child);
  }
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
  if (held && !parent.contains(document.activeElement)) keyed(parent, held)?.focus({ preventScroll: true });
}

/** @param {ParentNode} parent @param {string} key @returns {HTMLElement | null} */
export function keyed(parent, key) {
  return parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
}
