"""The layer of districts: areas coloured by the class of the chosen measure, and a point in each for its label."""

from collections.abc import Hashable
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Catalogue, District, attributions
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.extent import WORLD_BOUNDS, Bounds, enclosing_bounds
from geo_service.core.model import DistrictLevel
from geo_service.tiles.documents.tilejson import DISTRICTS, LayerDescription
from geo_service.tiles.documents.zoom_levels import band_at, shown_level
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.clipping import HALF_WORLD_M
from geo_service.tiles.encoding.grid import Box, Tile, project
from geo_service.tiles.layers.base import EncodedTile, LegendRequest, TileRequest
from geo_service.tiles.layers.choropleth import Choropleth, choropleth
from geo_service.tiles.layers.clipped_districts import ClipCache, outlines
from geo_service.tiles.layers.comparison import comparison, without_infinity
from geo_service.tiles.layers.legend import district_legend
from geo_service.tiles.layers.meta_layer import meta_layer, totals
from geo_service.tiles.layers.tile_coverage import Tiles, under_shapes

NAME = DISTRICTS.id
LABELS_NAME = DISTRICTS.extra_layers[0].id
APPROXIMATE = "границы районов приблизительные / district boundaries are approximate"

_PROPERTIES = CHANNELS[:3]
_CUT_BYTES = 64_000_000
"""Of clipped outlines: some 1,000 tiles of 60 kB, more than all wall screens of a region show."""
_CHOROPLETHS_CACHED = 200
"""Of 2,300 districts, each takes 80 kB."""
_OVERVIEW_BAND = 0
"""The most simplified outlines: bounds need no more."""
_EARTH_RADIUS_M = 6_378_137.0
"""Of Web Mercator's sphere."""


class DistrictLayer:
    """Draws every district that is seen, also without incidents."""

    description: LayerDescription = DISTRICTS

    def __init__(self, cut_bytes: int = _CUT_BYTES) -> None:
        """cut_bytes: of cached outlines clipped to tiles."""
        self._clipped = ClipCache(cut_bytes)
        self._state: ReplicaState | None = None
        self._choropleths: ResultCache[Hashable, Choropleth]

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Do nothing: districts do not depend on cells."""

    def encode(self, state: ReplicaState, request: TileRequest) -> EncodedTile:
        """Return the tile: first the areas, then the labels; empty when no district touches it."""
        level = shown_level(state.catalogue, request.tile.z, request.rendering.level, request.rendering.detail)
        clipped = self._clipped.get(state.catalogue, level, request.tile)
        if not len(clipped.indexes):
            return EncodedTile(b"")
        shown = self.choropleth(state, request, level)
        body = mvt.encode_layer(NAME, _ids(shown, clipped.indexes), clipped.shapes, _properties(shown, clipped.indexes), request.tile)
        indexes, points = _labels_in(shown.districts, request.tile)
        if len(indexes):
            body += mvt.encode_layer(LABELS_NAME, _ids(shown, indexes), mvt.Points(points), _properties(shown, indexes), request.tile)
        if request.revision is not None:
            body += meta_layer(request.tile, totals(request, shown.numbers.at(np.unique(clipped.indexes))))
        return EncodedTile(body)

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """Return what the classes in the tiles of the view stand for."""
        level = shown_level(state.catalogue, view.zoom, view.rendering.level, view.rendering.detail)
        return district_legend(self.choropleth(state, view, level), view)

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """Return the tiles in which a district of the level is seen."""
        districts = state.catalogue.districts_at(shown_level(state.catalogue, view.zoom, view.rendering.level, view.rendering.detail))
        _, shapes = outlines(state.catalogue, districts, band_at(view.zoom))
        return under_shapes(shapes, view.zoom, within)

    def bounds(self, state: ReplicaState) -> Bounds:
        """Return west, south, east, north of all districts; the world when there are none."""
        _, shapes = state.catalogue.shapes.by_band.get(_OVERVIEW_BAND, (None, ()))
        if not len(shapes):
            return WORLD_BOUNDS
        x0, y0, x1, y1 = np.clip(shapely.bounds(shapely.get_parts(shapes)), -HALF_WORLD_M, HALF_WORLD_M).T / _EARTH_RADIUS_M
        return enclosing_bounds(np.degrees(np.column_stack([x0, np.arctan(np.sinh(y0)), x1, np.arctan(np.sinh(y1))])))

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Return the attributions of sources, geocoding services and boundaries, with a note where boundaries are approximate."""
        districts = catalogue.districts.all
        return attributions(catalogue.sources.all, districts) + [APPROXIMATE] * any(district.approximate for district in districts)

    def choropleth(self, state: ReplicaState, request: TileRequest | LegendRequest, level: DistrictLevel) -> Choropleth:
        """Return the level's districts with their numbers, shared by all tiles of a view."""
        if state is not self._state:
            self._state, self._choropleths = state, ResultCache(_CHOROPLETHS_CACHED, changes=state.changes)
        query, classifier = request.query, request.rendering.classifier
        key = (query.measure.code, level, classifier, query.compare is None, query.depends_on)
        shown = self._choropleths.get(key)
        if shown is None:
            shown = choropleth(state, query, classifier, level)
            self._choropleths.put(key, shown)
        return shown


def _ids(shown: Choropleth, indexes: NDArray[np.intp]) -> NDArray[np.uint64]:
    return np.array([shown.districts[index].id for index in indexes.tolist()], np.uint64)


def _properties(shown: Choropleth, indexes: NDArray[np.intp]) -> dict[str, mvt.Column]:
    chosen, numbers = [shown.districts[index] for index in indexes.tolist()], shown.numbers.at(indexes)
    return {
        "code": [district.code for district in chosen],
        "name_ru": [district.name_ru or district.name_en for district in chosen],
        "name_en": [district.name_en or district.name_ru for district in chosen],
        **{name: numbers.counts[:, channel] for channel, name in enumerate(_PROPERTIES)},
        "value": without_infinity(numbers.values),
        "class": shown.classes[indexes],
        **comparison(numbers),
    }


def _labels_in(districts: list[District], tile: Tile) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return which districts have their label in the tile, and where, (labels, 2) int32 world units. A label is in one tile only."""
    labelled = np.array([index for index, district in enumerate(districts) if district.label], np.intp)
    if not len(labelled):
        return labelled, np.empty((0, 2), np.int32)
    lng, lat = np.array([districts[index].label for index in labelled.tolist()], np.float64).T
    points = project(lng, lat)
    x0, y0, x1, y1 = tile.box
    inside = (points[:, 0] >= x0) & (points[:, 0] < x1) & (points[:, 1] >= y0) & (points[:, 1] < y1)
    return labelled[inside], points[inside]
