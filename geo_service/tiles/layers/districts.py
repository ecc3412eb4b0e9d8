"""The layer of districts: areas coloured by the class of the chosen measure, and a point in each for its label."""

from math import atan, degrees, sinh
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Catalogue, District, attributions
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import DistrictLevel
from geo_service.tiles.documents.tilejson import DISTRICTS, EVERYWHERE, Bounds, LayerDescription
from geo_service.tiles.documents.zoom_levels import band_at, shown_level
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.clipping import HALF_WORLD_M
from geo_service.tiles.encoding.grid import Box, Tile, project
from geo_service.tiles.layers.base import LegendRequest, TileRequest
from geo_service.tiles.layers.choropleth import Choropleth, choropleth
from geo_service.tiles.layers.clipped_districts import ClipCache, extent, outlines
from geo_service.tiles.layers.comparison import comparison, without_infinity
from geo_service.tiles.layers.legend import district_legend
from geo_service.tiles.layers.meta_layer import Numbers, meta_layer, totals
from geo_service.tiles.layers.tile_coverage import Tiles, under_shapes

NAME = DISTRICTS.id
LABELS_NAME = DISTRICTS.beside[0].id
APPROXIMATE = "границы районов приблизительны / district boundaries are approximate"

_PROPERTIES = CHANNELS[:3]
_CUT_BYTES = 64_000_000
_CHOROPLETHS_KEPT = 200
_OVERVIEW_BAND = 0
_EARTH_RADIUS_M = 6_378_137.0


class DistrictLayer:
    """Draws every district that is seen, whether anything is counted in it or not."""

    description: LayerDescription = DISTRICTS

    def __init__(self, cut_bytes: int = _CUT_BYTES) -> None:
        """cut_bytes: of outlines cut for tiles that are kept."""
        self._cuts = ClipCache(cut_bytes)
        self._state: ReplicaState | None = None
        self._made: ResultCache[Choropleth]

    def refresh(self, pyramid: H3Hierarchy) -> None:
        """Nothing here hangs on the cells."""

    def encode(self, state: ReplicaState, request: TileRequest) -> bytes:
        """The tile, uncompressed: first the areas, then the labels; empty when no district touches it."""
        level = shown_level(state.catalogue, request.tile.z, request.level)
        cut = self._cuts.get(state.catalogue, level, request.tile)
        if not len(cut.places):
            return b""
        shown = self.choropleth(state, request, level)
        body = mvt.encode_layer(NAME, _ids(shown, cut.places), cut.shapes, _properties(shown, cut.places), request.tile)
        places, points = _labels_in(shown.districts, request.tile)
        if len(places):
            body += mvt.encode_layer(LABELS_NAME, _ids(shown, places), mvt.Points(points), _properties(shown, places), request.tile)
        return body + meta_layer(request.tile, _totals(shown, cut.places, request)) if request.meta is not None else body

    def legend(self, state: ReplicaState, view: LegendRequest) -> dict[str, Any]:
        """What the classes in the tiles of the view stand for."""
        level = shown_level(state.catalogue, view.zoom, view.level)
        return district_legend(self.choropleth(state, view, level), view)

    def covered_tiles(self, state: ReplicaState, view: LegendRequest, within: Box) -> Tiles:
        """The tiles in which a district of the level is seen."""
        districts = state.catalogue.districts_at(shown_level(state.catalogue, view.zoom, view.level))
        _, shapes = outlines(state.catalogue, districts, band_at(view.zoom))
        return under_shapes(shapes, view.zoom, within)

    def bounds(self, state: ReplicaState) -> Bounds:
        """West, south, east, north of all districts; the world when there are none."""
        _, shapes = state.catalogue.shapes.by_band.get(_OVERVIEW_BAND, (None, ()))
        if not len(shapes):
            return EVERYWHERE
        west, south, east, north = (max(-HALF_WORLD_M, min(HALF_WORLD_M, metre)) / _EARTH_RADIUS_M for metre in extent(shapes))
        return tuple(round(degrees(angle), 5) for angle in (west, atan(sinh(south)), east, atan(sinh(north))))  # type: ignore[return-value]  # four of them

    def attribution(self, catalogue: Catalogue) -> list[str]:
        """Of the incidents' sources, of what found their places and of the boundaries, with a word where those are approximate."""
        districts = catalogue.districts.all
        return attributions(catalogue.sources.all, districts) + [APPROXIMATE] * any(one.approximate for one in districts)

    def choropleth(self, state: ReplicaState, asked: TileRequest | LegendRequest, level: DistrictLevel) -> Choropleth:
        """The level's districts with their numbers, shared by all tiles of a view."""
        if state is not self._state:
            self._state, self._made = state, ResultCache(state.changes, _CHOROPLETHS_KEPT, lambda _: 1)
        key = (asked.selection, asked.measure.code, level, asked.compare, asked.division)
        made = self._made.get(key)
        if made is None:
            made = choropleth(state, asked.selection, asked.measure, level, asked.compare, asked.division)
            self._made.put(key, made)
        return made


def _ids(shown: Choropleth, places: NDArray[np.intp]) -> NDArray[np.uint64]:
    return np.array([shown.districts[place].id for place in places.tolist()], np.uint64)


def _properties(shown: Choropleth, places: NDArray[np.intp]) -> dict[str, mvt.Column]:
    chosen = [shown.districts[place] for place in places.tolist()]
    return {
        "code": [one.code for one in chosen],
        "name_ru": [one.name_ru for one in chosen],
        "name_en": [one.name_en for one in chosen],
        **{name: shown.counts[places, channel] for channel, name in enumerate(_PROPERTIES)},
        "value": without_infinity(shown.values[places]),
        "class": shown.classes[places],
        **_comparison(shown, places),
    }


def _totals(shown: Choropleth, places: NDArray[np.intp], request: TileRequest) -> dict[str, Any]:
    once = np.unique(places)
    compared = None if shown.compared is None else shown.compared[once]
    return totals(request, Numbers(shown.counts[once], shown.values[once], compared))


def _comparison(shown: Choropleth, places: NDArray[np.intp]) -> dict[str, mvt.Column]:
    if shown.compared is None or shown.significant is None:
        return {}
    return comparison(shown.counts[places, 0], shown.compared[places], shown.significant[places])


def _labels_in(districts: list[District], tile: Tile) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Which districts have their label in the tile, and where, (labels, 2) int32 world units. A label is in one tile only."""
    labelled = np.array([place for place, one in enumerate(districts) if one.label], np.intp)
    if not len(labelled):
        return labelled, np.empty((0, 2), np.int32)
    lng, lat = np.array([districts[place].label for place in labelled.tolist()], np.float64).T
    points = project(lng, lat)
    x0, y0, x1, y1 = tile.box
    inside = (points[:, 0] >= x0) & (points[:, 0] < x1) & (points[:, 1] >= y0) & (points[:, 1] < y1)
    return labelled[inside], points[inside]
