/** A ground from elsewhere, where the service names one: a MapLibre style that is drawn below our own layers. */

/** @import { LayerSpecification, StyleSpecification } from "maplibre-gl" */

/** It is waited for no longer than this, ms: a map on our own ground is better than none. */
const PATIENCE_MS = 5000;

/** Where the style is, as the page says; "" where the map has only our own ground. */
export function foreignAddress() {
  return document.querySelector('meta[name="geo-basemap"]')?.getAttribute("content") ?? "";
}

/**
 * Both grounds as one style: ours is hidden, its names only where the other has names; the layer of our names is where our data go,
 * above the other's areas and lines and below its names.
 * @param {StyleSpecification} own @param {StyleSpecification} foreign @param {string} names id of our layer of names
 * @returns {StyleSpecification}
 */
export function onForeignGround(own, foreign, names) {
  const hidden = (/** @type {LayerSpecification} */ layer) =>
    /** @type {LayerSpecification} */ ({ ...layer, layout: { ...layer.layout, visibility: "none" } });
  const firstName = foreign.layers.findIndex(({ type }) => type === "symbol");
  const at = firstName < 0 ? foreign.layers.length : firstName;
  const ground = own.layers.filter(({ id }) => id !== names).map(hidden);
  const anchor = own.layers.filter(({ id }) => id === names).map((layer) => (firstName < 0 ? layer : hidden(layer)));
  return {
    ...foreign,
    "font-faces": { ...foreign["font-faces"], ...own["font-faces"] },
    sources: { ...foreign.sources, ...own.sources },
    layers: [...ground, ...foreign.layers.slice(0, at), ...anchor, ...foreign.layers.slice(at)],
  };
}

/**
 * The style at an address, its own addresses made whole; null where it cannot be had in time.
 * @param {string} address @returns {Promise<StyleSpecification | null>}
 */
export async function fetchForeign(address) {
  try {
    const response = await fetch(new URL(address, location.href), { signal: AbortSignal.timeout(PATIENCE_MS) });
    const style = response.ok ? await response.json() : null;
    return style?.version === 8 && Array.isArray(style.layers) ? wholeAddresses(style, response.url) : null;
  } catch {
    return null;
  }
}

/** @param {any} style @param {string} base */
function wholeAddresses(style, base) {
  // Braces of templates stay as they are.
  const whole = (/** @type {string} */ address) => new URL(address, base).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  const sources = Object.fromEntries(
    Object.entries(style.sources ?? {}).map(([id, source]) => [
      id,
      {
        ...source,
        ...(typeof source.url === "string" && !/^[a-z]+:/.test(source.url) && { url: whole(source.url) }),
        ...(Array.isArray(source.tiles) && { tiles: source.tiles.map(whole) }),
      },
    ]),
  );
  return {
    ...style,
    sources,
    ...(typeof style.glyphs === "string" && { glyphs: whole(style.glyphs) }),
    ...(typeof style.sprite === "string" && { sprite: whole(style.sprite) }),
  };
}
