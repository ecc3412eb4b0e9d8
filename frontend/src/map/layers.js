/** What the map must know of each layer of tiles. */

/** @import { FilterSpecification, MapGeoJSONFeature } from "maplibre-gl" */
/** @import { Area, Layer } from "../page/state.js" */
import { cellOfId, idOfCell } from "../page/hexagon.js";

/** @typedef {Pick<MapGeoJSONFeature, "id" | "properties">} Feature */

/**
 * @typedef {object} LayerTraits
 * @property {(feature: Feature) => string} keyOf what tells an area from the others: as in `View.cell`
 * @property {(key: string) => FilterSpecification} withKey finds the area's feature
 * @property {string | null} labels the layer of the tiles in which its names are; null where it has none
 */

/** @type {Record<Layer, LayerTraits>} */
export const LAYERS = {
  hexes: {
    keyOf: (feature) => cellOfId(Number(feature.id)),
    withKey: (key) => ["==", ["id"], idOfCell(key)],
    labels: null,
  },
  density: {
    keyOf: (feature) => cellOfId(Number(feature.id)),
    withKey: (key) => ["==", ["id"], idOfCell(key)],
    labels: null,
  },
  districts: {
    keyOf: ({ properties }) => properties["code"],
    withKey: (key) => ["==", ["get", "code"], key],
    labels: "district_labels",
  },
};

/** @param {Layer} layer @param {Feature} feature @returns {Area} */
export function areaOf(layer, feature) {
  const { n, open, overdue, value, class: number, n0, significant, name_ru: ru, name_en: en } = feature.properties;
  const name = ru || en ? { ru: ru || en, en: en || ru } : null;
  return {
    key: LAYERS[layer].keyOf(feature),
    name,
    n,
    open,
    overdue,
    value: value ?? null,
    class: number ?? null,
    before: n0 ?? null,
    significant: Boolean(significant),
  };
}
