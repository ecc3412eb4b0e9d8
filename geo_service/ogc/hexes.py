"""The feature collection of hexagons: the H3 cells of one resolution that contain incidents of the selection."""

import re

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
from geo_service.ogc.collection import CollectionDescription, Feature, FeaturePage, FeatureQuery
from geo_service.tiles.documents.tilejson import Bounds, zoom_to_fit
from geo_service.tiles.encoding.grid import project, resolution_at
from geo_service.tiles.layers.hexes import HexLayer

DEFAULT_RESOLUTION = 7
"""Resolution of a request with neither a resolution nor a box."""

_CELL = re.compile("[0-9a-fA-F]{15}")
"""An H3 index as text."""

_DECIMALS = 5
"""Of degrees: about a metre."""
_HALF_TURN = 180
"""Degrees; a polygon that is wider crosses the antimeridian."""


class HexCollection:
    """Hexagons in the order of their H3 indexes. The id of a feature is its H3 index as text."""

    description = CollectionDescription(
        "hexes",
        "Hexagons",
        "H3 cells with the numbers of the incidents in them, for any selection; cells without any are left out",
        {"resolution": f"H3 resolution, {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}; by default by the bbox, or {DEFAULT_RESOLUTION}."},
    )

    def __init__(self, layer: HexLayer) -> None:
        self._layer = layer

    def find(self, state: ReplicaState, query: FeatureQuery) -> FeaturePage:
        """Return hexagons that touch the boxes and contain incidents of the selection."""
        resolution = query.resolution or _resolution_for(query.boxes)
        occupied = state.counter.per_cell(query.query.selection, resolution)[:, 0] > 0
        if query.boxes is not None:
            occupied &= self._touch(query.boxes, resolution, len(occupied))
        cells = np.sort(state.pyramid.levels[resolution].cells[np.flatnonzero(occupied)])
        features = _build_features(state, cells[query.offset : query.offset + query.limit], resolution, query)
        return FeaturePage(features, len(cells), (("resolution", str(resolution)),))

    def get(self, state: ReplicaState, feature_id: str, query: FeatureQuery) -> Feature:
        """Return a hexagon of any resolution. Raises `NotFound` for one that never contained an incident."""
        cell = int(feature_id, 16) if _CELL.fullmatch(feature_id) else 0
        resolution = h3.get_resolution(cell) if h3.is_valid_cell(cell) else 0
        level = state.pyramid.levels.get(resolution)
        cells = np.array([cell], np.uint64)
        if level is None or level.index(cells)[0] < 0:
            raise NotFound(f"there is no hexagon {feature_id[:40]!r} with incidents")
        return _build_features(state, cells, resolution, query)[0]

    def extent(self, state: ReplicaState) -> Bounds:
        """Return the bounds of all hexagons, degrees."""
        return self._layer.bounds(state)

    def _touch(self, boxes: tuple[Bounds, ...], resolution: int, count: int) -> NDArray[np.bool_]:
        """Return for each of the `count` hexagons of a resolution whether it touches one of the boxes."""
        outlines = self._layer.outlines(resolution)
        touching = np.zeros(count, np.bool_)
        for west, south, east, north in boxes:
            (x0, y1), (x1, y0) = project(np.clip([west, east], -_HALF_TURN, _HALF_TURN), np.array([south, north])).tolist()
            touching[outlines.touching((x0, y0, x1, y1))[0]] = True
        return touching


def _resolution_for(boxes: tuple[Bounds, ...] | None) -> int:
    """Return the resolution of tiles at the zoom at which one tile would show the boxes."""
    if boxes is None:
        return DEFAULT_RESOLUTION
    width = sum(east - west for west, _, east, _ in boxes)
    return resolution_at(zoom_to_fit((0.0, boxes[0][1], width, boxes[0][3])))


def _build_features(state: ReplicaState, cells: NDArray[np.uint64], resolution: int, query: FeatureQuery) -> list[Feature]:
    if not len(cells):
        return []
    stats = GroupStats(state, query.query.selection, _group_by_cells(state, cells, resolution), query.query.compare)
    # The last row of numbers is of all other cells.
    rows = measure_row(stats, CELL_MEASURES.values())
    return [
        {"type": "Feature", "id": name, "geometry": geometry, "properties": {"h3": name, "resolution": resolution, **row}}
        for name, geometry, row in zip(map(h3.int_to_str, cells.tolist()), _geometries(cells), rows, strict=False)
    ]


def _group_by_cells(state: ReplicaState, cells: NDArray[np.uint64], resolution: int) -> Grouping:
    """Return a grouping by these cells, with a last group for all others."""
    level = state.pyramid.levels[resolution]
    group_of = np.full(len(level), len(cells), np.int32)
    group_of[level.index(cells)] = np.arange(len(cells))
    return Grouping("cell", group_of[state.pyramid.up(resolution)], len(cells) + 1)


def _geometries(cells: NDArray[np.uint64]) -> list[orjson.Fragment]:
    """Return the outlines as GeoJSON; a cell that crosses the antimeridian has a polygon on each side of it."""
    outlines = shapely.from_wkb(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells))))
    bounds = shapely.bounds(outlines)
    texts = shapely.to_geojson(shapely.transform(outlines, lambda points: np.round(points, _DECIMALS)))
    for row in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > _HALF_TURN).tolist():
        texts[row] = orjson.dumps(cell_geometry(int(cells[row]))).decode()
    return [orjson.Fragment(text) for text in texts.tolist()]
