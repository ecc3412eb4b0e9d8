"""Areas cut out for a tile: from multipolygons in Web Mercator metres to clean rings in whole tile units.

Every vertex is rounded to world units and then to tile units by itself, the way the other layers round theirs, so
neighbours that share an edge before share it afterwards, within a tile and across tiles.
"""

from math import pi
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.tiles.encoding.grid import EXTENT, WORLD, Box, Tile
from geo_service.tiles.encoding.mvt import MultiPolygons

BUFFER = 64
"""Tile units drawn beyond each edge, so that outlines of cut areas stay out of sight."""

HALF_WORLD_M = pi * 6_378_137.0
"""From the middle of EPSG:3857's square world to its edge."""

_UNIT_M = 2 * HALF_WORLD_M / WORLD
_POLYGON_TYPE = 3

Shapes = NDArray[Any]
"""Of shapely geometries."""


class Rings(NamedTuple):
    """Rings one after the other. vertices: (v, 2) int64; sizes: (rings,); outer: (rings,) bool, holes follow their outer ring."""

    vertices: NDArray[np.int64]
    sizes: NDArray[np.int64]
    outer: NDArray[np.bool_]


def metres(box: Box) -> tuple[float, float, float, float]:
    """West, south, east, north in EPSG:3857 of a box of world units."""
    x0, y0, x1, y1 = box
    return x0 * _UNIT_M - HALF_WORLD_M, HALF_WORLD_M - y1 * _UNIT_M, x1 * _UNIT_M - HALF_WORLD_M, HALF_WORLD_M - y0 * _UNIT_M


def clip(shapes: Shapes, tile: Tile) -> tuple[NDArray[np.intp], MultiPolygons]:
    """Which shapes are seen in the tile with its buffer, ascending, and what is seen of them.

    shapes: polygons and multipolygons in EPSG:3857, cut at the antimeridian: what lies beyond it is drawn beside it,
    and the cut itself is not drawn.
    """
    cut = _cut(shapes, tile)
    parts, owner = shapely.get_parts(cut, return_index=True)
    areas = shapely.get_type_id(parts) == _POLYGON_TYPE
    owner = owner[areas]
    rings, of_part = shapely.get_rings(parts[areas], return_index=True)
    cleaned, kept = clean_rings(_in_tile(rings, tile, np.diff(of_part, prepend=-1) != 0))
    seen, counts = np.unique(owner[of_part[kept]], return_counts=True)
    offsets = np.concatenate([[0], np.cumsum(cleaned.sizes)])
    return seen, MultiPolygons(cleaned.vertices, offsets, np.concatenate([[0], np.cumsum(counts)]))


def clean_rings(rings: Rings) -> tuple[Rings, NDArray[np.intp]]:
    """Rings without repeated vertices, outer ones clockwise on the screen, holes the other way; and which were kept.

    A ring without area is dropped, and the holes of an outer one with it. Rings come open or closed.
    """
    thinned = _without_repeats(rings)
    area = _doubled_areas(thinned)
    alive = area != 0
    alive &= alive[np.maximum.accumulate(np.where(rings.outer, np.arange(len(rings.outer)), 0))]
    kept = np.flatnonzero(alive)
    starts, sizes = (np.cumsum(thinned.sizes) - thinned.sizes)[kept], thinned.sizes[kept]
    inside = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    # y grows downwards: a positive area is clockwise on the screen.
    backwards = np.repeat((area[kept] > 0) != rings.outer[kept], sizes)
    order = np.repeat(starts, sizes) + np.where(backwards, np.repeat(sizes, sizes) - 1 - inside, inside)
    return Rings(thinned.vertices[order], sizes, rings.outer[kept]), kept


def _cut(shapes: Shapes, tile: Tile) -> Shapes:
    """The shapes within the tile's box and buffer; empty where they do not reach it."""
    x0, y0, x1, y1 = tile.box
    margin = (WORLD >> tile.z) * BUFFER // EXTENT
    cut = _rectangle(shapes, (x0 - margin, y0 - margin, x1 + margin, y1 + margin))
    for shift in (WORLD,) * (x0 == 0) + (-WORLD,) * (x1 == WORLD):
        beyond = _rectangle(shapes, (x0 - margin + shift, y0 - margin, x1 + margin + shift, y1 + margin))
        seen = ~shapely.is_empty(beyond)
        moved = shapely.transform(beyond[seen], lambda xy, by=shift * _UNIT_M: xy - [by, 0])
        cut[seen] = shapely.union(cut[seen], moved, grid_size=_UNIT_M)
    return cut


def _rectangle(shapes: Shapes, box: Box) -> Shapes:
    """The shapes within a box of world units, in metres."""
    west, south, east, north = metres(box)
    bounds = shapely.bounds(shapes)
    meets = (bounds[:, 0] <= east) & (bounds[:, 2] >= west) & (bounds[:, 1] <= north) & (bounds[:, 3] >= south)
    cut = np.full(len(shapes), shapely.Polygon(), object)
    cut[meets] = shapely.clip_by_rect(shapes[meets], west, south, east, north)
    return cut


def _in_tile(rings: Shapes, tile: Tile, outer: NDArray[np.bool_]) -> Rings:
    x0, y0, _, _ = tile.box
    at, ring = shapely.get_coordinates(rings, return_index=True)
    world = np.rint(np.column_stack([at[:, 0] + HALF_WORLD_M, HALF_WORLD_M - at[:, 1]]) / _UNIT_M).astype(np.int64)
    unit = (WORLD >> tile.z) // EXTENT
    units: NDArray[np.int64] = (world - np.array([x0, y0]) + unit // 2) // unit
    return Rings(units, np.bincount(ring, minlength=len(rings)), outer)


def _without_repeats(rings: Rings) -> Rings:
    """Each vertex that differs from the one before it in its ring; the first is compared with the last."""
    vertices, sizes, _ = rings
    ring = np.repeat(np.arange(len(sizes)), sizes)
    ends = np.cumsum(sizes)
    before = np.arange(len(vertices)) - 1
    filled = sizes > 0
    before[(ends - sizes)[filled]] = ends[filled] - 1
    kept = (vertices != vertices[before]).any(axis=1)
    return Rings(vertices[kept], np.bincount(ring[kept], minlength=len(sizes)), rings.outer)


def _doubled_areas(rings: Rings) -> NDArray[np.int64]:
    """Twice the area of each ring by the surveyor's formula, exact; 0 for one without vertices."""
    vertices, sizes, _ = rings
    ends = np.cumsum(sizes)
    after = np.arange(len(vertices)) + 1
    filled = sizes > 0
    after[ends[filled] - 1] = (ends - sizes)[filled]
    x, y = vertices.T
    sums = np.concatenate([[0], np.cumsum(x * y[after] - x[after] * y)])
    doubled: NDArray[np.int64] = sums[ends] - sums[ends - sizes]
    return doubled
