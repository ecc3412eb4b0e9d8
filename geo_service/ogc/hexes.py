"""The collection of hexagons: the H3 cells of a resolution that hold incidents of the selection."""

import h3.api.basic_int as h3
import numpy as np
import orjson
import shapely
from h3ronpy.vector import cells_to_wkb_polygons
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.geometry import cell_geometry
from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import CELL_MEASURES
from geo_service.aggregation.measures.rows import measure_row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.errors import NotFound
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.ogc.collection import Description, Feature, FeatureQuery, Page
from geo_service.ogc.query import Box
from geo_service.tiles.documents.tilejson import zoom_to_show
from geo_service.tiles.encoding.grid import project, resolution_at
from geo_service.tiles.layers.hexes import HexLayer

RESOLUTION = 7
"""Where neither a resolution nor a box is given."""

_DECIMALS = 5
_HALF_TURN = 180


class HexCollection:
    """Hexagons in H3 order; the feature's id is the H3 index as text."""

    description = Description(
        "hexes",
        "Hexagons",
        "H3 cells with the numbers of the incidents in them, for any selection; cells without any are left out",
        {"resolution": f"H3 resolution, {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}; by default by the bbox, or {RESOLUTION}."},
    )

    def __init__(self, layer: HexLayer) -> None:
        self._layer = layer

    def find(self, state: ReplicaState, query: FeatureQuery) -> Page:
        """Hexagons that touch the boxes and hold incidents."""
        resolution = query.resolution or _resolution_for(query.boxes)
        held = state.counter.per_cell(query.selection, resolution)[:, 0] > 0
        places = np.flatnonzero(held) if query.boxes is None else self._touching(query.boxes, resolution, held)
        cells = np.sort(state.pyramid.levels[resolution].cells[places])
        features = _features(state, cells[query.offset : query.offset + query.limit], resolution, query)
        return Page(features, len(cells), (("resolution", str(resolution)),))

    def one(self, state: ReplicaState, name: str, query: FeatureQuery) -> Feature:
        """The hexagon, of any resolution, if it ever held incidents."""
        cell = int(name, 16) if len(name) == 15 and name.isalnum() and name.isascii() and _is_hex(name) else 0
        resolution = h3.get_resolution(cell) if h3.is_valid_cell(cell) else 0
        level = state.pyramid.levels.get(resolution)
        cells = np.array([cell], np.uint64)
        if level is None or level.index(cells)[0] < 0:
            raise NotFound(f"there is no hexagon {name[:40]!r} that holds incidents")
        return _features(state, cells, resolution, query)[0]

    def extent(self, state: ReplicaState) -> Box:
        """The bounds of all hexagons."""
        return self._layer.bounds(state)

    def _touching(self, boxes: tuple[Box, ...], resolution: int, held: NDArray[np.bool_]) -> NDArray[np.intp]:
        outlines = self._layer.outlines(resolution)
        found = np.zeros(len(held), np.bool_)
        for west, south, east, north in boxes:
            (x0, y1), (x1, y0) = project(np.clip([west, east], -_HALF_TURN, _HALF_TURN), np.array([south, north])).tolist()
            found[outlines.touching((x0, y0, x1, y1))[0]] = True
        return np.flatnonzero(found & held)


def _resolution_for(boxes: tuple[Box, ...] | None) -> int:
    """That of the zoom at which a tile would show the boxes."""
    if boxes is None:
        return RESOLUTION
    width = sum(east - west for west, _, east, _ in boxes)
    return resolution_at(zoom_to_show((0.0, boxes[0][1], width, boxes[0][3])))


def _features(state: ReplicaState, cells: NDArray[np.uint64], resolution: int, query: FeatureQuery) -> list[Feature]:
    if not len(cells):
        return []
    facts = GroupStats(state, query.selection, _among(state, cells, resolution), query.compare)
    rows = measure_row(facts, CELL_MEASURES.values())
    return [
        {"type": "Feature", "id": name, "geometry": geometry, "properties": {"h3": name, "resolution": resolution, **row}}
        for name, geometry, row in zip(map(h3.int_to_str, cells.tolist()), _geometries(cells), rows, strict=False)
    ]


def _among(state: ReplicaState, cells: NDArray[np.uint64], resolution: int) -> Grouping:
    """These cells, and behind them one group for all others."""
    level = state.pyramid.levels[resolution]
    group_of = np.full(len(level), len(cells), np.int32)
    group_of[level.index(cells)] = np.arange(len(cells))
    return Grouping("cell", group_of[state.pyramid.up(resolution)], len(cells) + 1)


def _geometries(cells: NDArray[np.uint64]) -> list[orjson.Fragment]:
    """Outlines as GeoJSON; a cell over the antimeridian is a polygon on each side of it."""
    outlines = shapely.from_wkb(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells))))
    bounds = shapely.bounds(outlines)
    texts = shapely.to_geojson(shapely.transform(outlines, lambda at: np.round(at, _DECIMALS)))
    for place in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > _HALF_TURN).tolist():
        texts[place] = orjson.dumps(cell_geometry(int(cells[place]))).decode()
    return [orjson.Fragment(text) for text in texts.tolist()]


def _is_hex(text: str) -> bool:
    return all(letter in "0123456789abcdefABCDEF" for letter in text)
