"""The feature collection of hexagons: the H3 cells of one resolution that contain incidents of the selection."""

import re

import h3.api.basic_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.catalogue.cell_outlines import cell_outlines
from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import CELL_MEASURES, TABLE_MEASURES, add_chosen
from geo_service.aggregation.measures.rows import measure_row
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.errors import NotFound
from geo_service.core.extent import WORLD_BOUNDS, Bounds, enclosing_bounds
from geo_service.core.integers import shorten
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.ogc.collection import CollectionDescription, Feature, FeaturePage, FeatureQuery, ParameterDescription
from geo_service.ogc.geometries import touching_boxes, write_geometries
from geo_service.tiles.encoding.grid import WORLD, project
from geo_service.tiles.layers.hex_outlines import HexOutlines
from geo_service.tiles.layers.hexes import HexLayer

DEFAULT_RESOLUTION = 7
"""Resolution of the collection `hexes`, whose hexagons are 2.4 km wide."""
OWN_COLLECTIONS = (5, 6, 7, 8)
"""Resolutions that have a collection of their own: for a whole country down to a quarter of a town."""

_CELL = re.compile("[0-9a-fA-F]{15}")
"""An H3 index as text."""

_ALWAYS = [measure for code, measure in CELL_MEASURES.items() if code in TABLE_MEASURES]
_ON_REQUEST = {code: measure for code, measure in CELL_MEASURES.items() if code not in TABLE_MEASURES}

_HALF_TURN = 180
"""Degrees."""

_RESOLUTION = ParameterDescription(
    f"H3 resolution, {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}; by default {DEFAULT_RESOLUTION}.",
    {"type": "integer", "minimum": COARSEST_RESOLUTION, "maximum": FINEST_RESOLUTION, "default": DEFAULT_RESOLUTION},
)


class HexCollection:
    """Hexagons of one resolution in the order of their H3 indexes. The id of a feature is its H3 index as text."""

    def __init__(self, layer: HexLayer, resolution: int | None = None) -> None:
        """resolution: the only one of the collection; None for the collection `hexes`, where a request may name another one."""
        self._layer = layer
        self._resolution = resolution
        self.description = _describe(resolution)

    def find(self, state: ReplicaState, query: FeatureQuery) -> FeaturePage:
        """Return hexagons that touch the boxes and contain incidents of the selection."""
        resolution = self._resolution or query.resolution or DEFAULT_RESOLUTION
        occupied = state.counter.per_cell(query.query.selection, resolution)[:, 0] > 0
        if query.boxes is not None:
            occupied &= self._touch(state, query.boxes, resolution)
        cells = np.sort(state.pyramid.levels[resolution].cells[np.flatnonzero(occupied)])
        return FeaturePage(_build_features(state, cells[query.offset : query.offset + query.limit], resolution, query), len(cells))

    def get(self, state: ReplicaState, feature_id: str, query: FeatureQuery) -> Feature:
        """Return a hexagon; the collection `hexes` has those of any resolution.

        Raises `NotFound` for one that never contained an incident.
        """
        cell = int(feature_id, 16) if _CELL.fullmatch(feature_id) else 0
        resolution = h3.get_resolution(cell) if h3.is_valid_cell(cell) else 0
        level = state.pyramid.levels.get(resolution) if self._resolution in (None, resolution) else None
        cells = np.array([cell], np.uint64)
        if level is None or level.index(cells)[0] < 0:
            raise NotFound(f"there is no hexagon {shorten(feature_id)!r} with incidents in the collection {self.description.id!r}")
        return _build_features(state, cells, resolution, query)[0]

    def extent(self, state: ReplicaState) -> Bounds:
        """Return the bounds of all hexagons that hold or held incidents, degrees; the world without any."""
        outlines = self._layer.outlines(self._resolution or DEFAULT_RESOLUTION)
        if not state.columns.live_rows or not len(outlines):
            return WORLD_BOUNDS
        polar = _beyond_mercator(outlines)
        cells = state.pyramid.levels[self._resolution or DEFAULT_RESOLUTION].cells[polar]
        polar_boxes = shapely.bounds(shapely.get_parts(cell_outlines(cells))).reshape(-1, 4)
        return enclosing_bounds(np.concatenate([_to_degrees(np.delete(outlines.boxes, polar, axis=0)), polar_boxes]))

    def _touch(self, state: ReplicaState, boxes: tuple[Bounds, ...], resolution: int) -> NDArray[np.bool_]:
        """Return for each hexagon of a resolution whether it touches one of the boxes."""
        outlines = self._layer.outlines(resolution)
        touching = np.zeros(len(outlines), np.bool_)
        polar = _beyond_mercator(outlines)
        shapes = cell_outlines(state.pyramid.levels[resolution].cells[polar])
        for west, south, east, north in boxes:
            (x0, y1), (x1, y0) = project(np.clip([west, east], -_HALF_TURN, _HALF_TURN), np.array([south, north])).tolist()
            touching[outlines.touching((x0, y0, x1, y1))[0]] = True
        touching[polar] = touching_boxes(shapes, boxes)
        return touching


def _describe(resolution: int | None) -> CollectionDescription:
    """Return the metadata of the collection of a resolution; None for the collection `hexes`."""
    text = "with the numbers of the incidents in them, for any selection; cells without any are left out"
    if resolution is None:
        return CollectionDescription("hexes", "Hexagons", f"H3 cells {text}", {"resolution": _RESOLUTION}, _ON_REQUEST)
    width = round(h3.average_hexagon_edge_length(resolution, "km") * 3**0.5, 1)
    return CollectionDescription(
        f"hexes-{resolution}", f"Hexagons of resolution {resolution}, {width:g} km wide", f"H3 cells of resolution {resolution} {text}",
        measures=_ON_REQUEST,
    )  # fmt: skip


def _to_degrees(boxes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return (n, 4) west, south, east, north in degrees of boxes in world units; an east beyond 180 is across the antimeridian."""
    x0, y0, x1, y1 = boxes.T / WORLD
    south, north = (np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y)))) for y in (y1, y0))
    return np.column_stack([x0 * 360 - _HALF_TURN, south, x1 * 360 - _HALF_TURN, north])


def _beyond_mercator(outlines: HexOutlines) -> NDArray[np.intp]:
    """Return the cells that reach the edge of the square world, where outlines in Web Mercator end."""
    return np.flatnonzero((outlines.boxes[:, 1] <= 0) | (outlines.boxes[:, 3] >= WORLD))


def _build_features(state: ReplicaState, cells: NDArray[np.uint64], resolution: int, query: FeatureQuery) -> list[Feature]:
    if not len(cells):
        return []
    stats = GroupStats(state, query.query.selection, _group_by_cells(state, cells, resolution), query.query.compare)
    # The last row of numbers is of all other cells.
    rows = measure_row(stats, add_chosen(_ALWAYS, query.query.measure))
    geometries = write_geometries(cell_outlines(cells), query.crs)
    return [
        {"type": "Feature", "id": name, "geometry": geometry, "properties": {"h3": name, "resolution": resolution, **row}}
        for name, geometry, row in zip(map(h3.int_to_str, cells.tolist()), geometries, rows, strict=False)
    ]


def _group_by_cells(state: ReplicaState, cells: NDArray[np.uint64], resolution: int) -> Grouping:
    """Return a grouping by these cells, with a last group for all others."""
    level = state.pyramid.levels[resolution]
    group_of = np.full(len(level), len(cells), np.int32)
    indexes = level.index(cells)
    group_of[indexes] = np.arange(len(cells))
    table = group_of[state.pyramid.up(resolution)]
    return Grouping("cell", table, len(cells) + 1, resolution=resolution, cells=np.append(indexes, -1).astype(np.intp))
