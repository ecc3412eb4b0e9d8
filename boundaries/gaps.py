"""Land between districts that belongs to none: holes, and slivers that a disc of the gap's width cannot enter from outside.

A sliver is what closing the union of all districts adds to it (J. Serra, "Image analysis and mathematical morphology",
1982: grown by a radius and shrunk by it). It concerns two districts, so it is looked for only where the outline of all
passes two districts within reach; the rest of a coast, most of its corners, is never grown.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.district_arrays import Polygons

_METRES_PER_DEGREE = 111_195.0
_ARC_SEGMENTS = 4
"""Of a quarter of a circle."""
_MARGIN = 8
"""Radii around a place to look at, at first; what reaches further is looked at anew in a wider window."""
_WIDER = 4
_GRID_DEGREES = 1e-8
"""About a millimetre."""

_TALL = 1 << 24
"""More than a grid has rows."""

Cells = NDArray[np.int64]
"""Cells of a grid: column * `_TALL` + row, both from the zero point of degrees, to either side."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Places between districts; equally long columns."""

    polygons: Polygons
    """In degrees."""
    is_hole: NDArray[np.bool_]
    """Whether districts close it in, else it is open to one side."""
    is_wide: NDArray[np.bool_]
    """Whether it is a hole that is somewhere wider than a gap."""


def find_gaps(polygons: Polygons, width_m: float) -> Gaps:
    """Holes in the union of all polygons, and the slivers at most `width_m` wide along it where two of them are near."""
    narrow = _narrow(polygons)
    flat = shapely.transform(polygons, lambda points: points * [narrow, 1.0])
    radius = width_m / 2 / _METRES_PER_DEGREE
    parts = shapely.get_parts(shapely.union_all(flat))
    holes = np.array([shapely.Polygon(ring) for part in parts for ring in part.interiors], object)
    wide = ~shapely.is_empty(shapely.buffer(holes, -radius, quad_segs=_ARC_SEGMENTS))
    land = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    slivers = _slivers(land, _meetings(flat, land, radius), radius)
    found = np.concatenate([slivers, holes])
    back = shapely.transform(found, lambda points: points / [narrow, 1.0])
    return Gaps(back, np.arange(len(found)) >= len(slivers), np.concatenate([np.zeros(len(slivers), np.bool_), wide]))


def _meetings(flat: Polygons, land: shapely.Geometry, radius: float) -> Polygons:
    """Boxes that together hold every sliver's point that has two districts within the radius."""
    # Points are a radius apart at most, so that two within two radii of each other lie in touching cells.
    size = 3 * radius
    points, owners = shapely.get_coordinates(shapely.segmentize(flat, radius), return_index=True)
    outline = np.unique(_cells(shapely.get_coordinates(shapely.segmentize(land, radius)), size))
    met = outline[_have_two_owners(outline, _cells(points, size), owners)]
    column, row = np.divmod(met + _TALL // 2, _TALL)
    west, south = column * size, (row - _TALL // 2) * size
    boxes: Polygons = shapely.box(west - size, south - size, west + 2 * size, south + 2 * size)
    return boxes


def _cells(points: NDArray[np.float64], size: float) -> Cells:
    column, row = np.floor(points / size).astype(np.int64).T
    cells: Cells = column * _TALL + row
    return cells


def _have_two_owners(asked: Cells, cells: Cells, owners: NDArray[np.intp]) -> NDArray[np.bool_]:
    """(asked,) whether points of more than one owner lie in the cell or in one beside it; a cell and an owner for each point."""
    order = np.argsort(cells)
    known, starts = np.unique(cells[order], return_index=True)
    least, greatest = (one.reduceat(owners[order], starts) for one in (np.minimum, np.maximum))
    low, high = np.full(len(asked), np.iinfo(np.intp).max), np.full(len(asked), -1)
    for beside in (column * _TALL + row for column in (-1, 0, 1) for row in (-1, 0, 1)):
        place = np.minimum(np.searchsorted(known, asked + beside), len(known) - 1)
        there = known[place] == asked + beside
        low[there] = np.minimum(low, least[place])[there]
        high[there] = np.maximum(high, greatest[place])[there]
    return high > low


def _slivers(land: shapely.Geometry, seeds: Polygons, radius: float) -> Polygons:
    """Whole slivers of the land that meet a seed."""
    found, margin = [np.empty(0, object)], _MARGIN * radius
    while len(seeds):
        west, south, east, north = shapely.bounds(seeds).T
        window = shapely.union_all(shapely.box(west - margin, south - margin, east + margin, north + margin))
        here = shapely.intersection(land, window)
        # Near the window's edge the land that is cut off there would be missed by the growing.
        sure = shapely.buffer(window, -3 * radius, join_style="mitre")
        closed = shapely.buffer(shapely.buffer(here, radius, quad_segs=_ARC_SEGMENTS), -radius, quad_segs=_ARC_SEGMENTS)
        # On a grid, or hairs along straight borders, where rounding made the closed land wider, would tie pieces together.
        pieces = shapely.get_parts(shapely.difference(shapely.intersection(closed, sure), here, grid_size=_GRID_DEGREES))
        pieces = pieces[np.unique(shapely.STRtree(pieces).query(seeds, predicate="intersects")[1])]
        is_cut = shapely.dwithin(pieces, sure.boundary, 2 * _GRID_DEGREES)
        found.append(pieces[~is_cut])
        seeds, margin = pieces[is_cut], _WIDER * margin
    return np.concatenate(found)


def _narrow(polygons: Polygons) -> float:
    """The length of a degree of longitude by that of latitude, in the middle of the polygons."""
    _, south, _, north = shapely.total_bounds(polygons)
    return max(float(np.cos(np.radians((south + north) / 2))), 0.01)
