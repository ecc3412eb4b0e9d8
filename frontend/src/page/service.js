/** Where the service is. */

/**
 * The service's address as the reader's browser has it, without a slash at its end: a proxy may have put it below a path.
 * All pages lie directly below it.
 * @param {string} page the address of a page of the service
 */
export function serviceRoot(page = location.href) {
  return new URL(".", page).href.replace(/\/$/, "");
}
