/**
 * Makes elements, and brings those that are there level with new ones.
 *
 * Not lit-html 3.3.3: measured on three of the page's parts (table, incident row, chips) it saves a tenth of their lines, makes
 * their minified code no smaller, and adds 4.1 kB gzip with its `repeat` for the 0.8 kB of this file.
 */

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

/** A button with a sign on it, by the name that it has for the ear and on hover. @param {HTMLElement} button @param {Node | null} sign null leaves the one that is there @param {string} name */
export function nameButton(button, sign, name) {
  if (sign) button.replaceChildren(sign);
  button.title = name;
  button.setAttribute("aria-label", name);
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
 * Make an element's children be these, with as little change as may be: what has not changed keeps the focus, marked text
 * and its place under the pointer. Elements with a `data-key` (or `data-same`) are the same one before and after, their
 * listeners included; one that had the focus and had to be made anew gets it back.
 * @param {Element} parent @param {readonly (Node | string)[]} children
 */
// biome-ignore lint/complexity/noExcessiveCognitiveComplexity: one walk over both lists of children
export function patch(parent, children) {
  const focused = document.activeElement?.closest("[data-key]") ?? null;
  const focusedKey = parent.contains(focused) ? focused?.getAttribute("data-key") : null;
  const known = new Map([...parent.children].flatMap((old) => (identityOf(old) ? [[identityOf(old), old]] : [])));
  for (const [at, made] of children.entries()) {
    const child = typeof made === "string" ? new Text(made) : made;
    const here = parent.childNodes[at] ?? null;
    const old = identityOf(child) ? known.get(identityOf(child)) : here && !identityOf(here) ? here : null;
    if (!old) parent.insertBefore(child, here);
    else {
      if (old !== here) parent.insertBefore(old, here);
      updateNode(old, child);
    }
  }
  while (parent.childNodes.length > children.length) parent.lastChild?.remove();
  if (focusedKey && !parent.contains(document.activeElement)) findByKey(parent, focusedKey)?.focus({ preventScroll: true });
}

/** @param {Node} node */
function identityOf(node) {
  return node instanceof Element ? (node.getAttribute("data-key") ?? node.getAttribute("data-same")) : null;
}

/** @param {ChildNode} old @param {Node} child */
function updateNode(old, child) {
  if (old === child || old.isEqualNode(child)) return;
  if (!(old instanceof Element) || !(child instanceof Element) || old.nodeName !== child.nodeName || !identityOf(child))
    return old.replaceWith(child);
  for (const { name } of [...old.attributes]) if (!child.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of child.attributes) if (old.getAttribute(name) !== value) setValue(old, name, value);
  patch(old, [...child.childNodes]);
}

/** The page's policy forbids `style` as an attribute, not through the style itself. @param {Element} old @param {string} name @param {string} value */
function setValue(old, name, value) {
  if (name === "style" && (old instanceof HTMLElement || old instanceof SVGElement)) old.style.cssText = value;
  else old.setAttribute(name, value);
}

/** @param {ParentNode} parent @param {string} key @returns {HTMLElement | null} */
export function findByKey(parent, key) {
  return parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
}
