"""Find land between districts that belongs to none: holes, and slivers that a disc of the gap's width cannot enter from outside.

A sliver is the area that a morphological closing adds to the union of all districts: buffered by a radius and then by
minus the radius (J. Serra, "Image analysis and mathematical morphology", 1982). A sliver lies between two districts, so
only those parts of the union's outline are buffered where two districts are near. Most of a coast is not.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.locating.district_arrays import Polygons

_METRES_PER_DEGREE = 111_195.0
_ARC_SEGMENTS = 4
"""Segments of a quarter of a circle in buffers."""
_MARGIN = 8
"""Size of the first window around a seed, in radii; a sliver that extends beyond it is searched again in a wider window."""
_WIDENING = 4
"""Factor by which the next window is wider."""
_GRID_DEGREES = 1e-8
"""About a millimetre."""

_GRID_ROWS = 1 << 24
"""More rows than a grid has."""

GridCells = NDArray[np.int64]
"""Cells of a square grid: column * `_GRID_ROWS` + row. Both are counted from 0° and may be negative."""


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Areas between districts: equally long arrays."""

    polygons: Polygons
    """In degrees."""
    is_hole: NDArray[np.bool_]
    """Whether districts enclose it; otherwise it is open to one side."""
    is_wide: NDArray[np.bool_]
    """Whether it is a hole that is anywhere wider than the greatest width of a gap."""


def find_gaps(polygons: Polygons, width_m: float) -> Gaps:
    """Return the holes in the union of all polygons, and the slivers of at most `width_m` metres between two of them."""
    scale = _longitude_scale(polygons)
    flat = shapely.transform(polygons, lambda points: points * [scale, 1.0])
    radius = width_m / 2 / _METRES_PER_DEGREE
    parts = shapely.get_parts(shapely.union_all(flat))
    holes = np.array([shapely.Polygon(ring) for part in parts for ring in part.interiors], object)
    wide = ~shapely.is_empty(shapely.buffer(holes, -radius, quad_segs=_ARC_SEGMENTS))
    land = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(parts)))
    slivers = _find_slivers(land, _find_seeds(flat, land, radius), radius)
    gaps = np.concatenate([slivers, holes])
    in_degrees = shapely.transform(gaps, lambda points: points / [scale, 1.0])
    return Gaps(in_degrees, np.arange(len(gaps)) >= len(slivers), np.concatenate([np.zeros(len(slivers), np.bool_), wide]))


def _find_seeds(flat: Polygons, land: shapely.Geometry, radius: float) -> Polygons:
    """Return boxes that together cover all points of slivers with two districts within the radius."""
    # Points are at most a radius apart, so two points within two radii of each other are in the same or in adjacent cells.
    size = 3 * radius
    points, owners = shapely.get_coordinates(shapely.segmentize(flat, radius), return_index=True)
    outline = np.unique(_to_cells(shapely.get_coordinates(shapely.segmentize(land, radius)), size))
    shared = outline[_have_two_owners(outline, _to_cells(points, size), owners)]
    column, row = np.divmod(shared + _GRID_ROWS // 2, _GRID_ROWS)
    west, south = column * size, (row - _GRID_ROWS // 2) * size
    boxes: Polygons = shapely.box(west - size, south - size, west + 2 * size, south + 2 * size)
    return boxes


def _to_cells(points: NDArray[np.float64], size: float) -> GridCells:
    """Return the cell of each point. size: of a cell, in the units of the points."""
    column, row = np.floor(points / size).astype(np.int64).T
    cells: GridCells = column * _GRID_ROWS + row
    return cells


def _have_two_owners(candidates: GridCells, cells: GridCells, owners: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return for each candidate whether points of more than one owner are in the cell or in an adjacent one.

    cells, owners: of each point.
    """
    order = np.argsort(cells)
    occupied, starts = np.unique(cells[order], return_index=True)
    least, greatest = (function.reduceat(owners[order], starts) for function in (np.minimum, np.maximum))
    low, high = np.full(len(candidates), np.iinfo(np.intp).max), np.full(len(candidates), -1)
    for offset in (column * _GRID_ROWS + row for column in (-1, 0, 1) for row in (-1, 0, 1)):
        index = np.minimum(np.searchsorted(occupied, candidates + offset), len(occupied) - 1)
        is_occupied = occupied[index] == candidates + offset
        low[is_occupied] = np.minimum(low, least[index])[is_occupied]
        high[is_occupied] = np.maximum(high, greatest[index])[is_occupied]
    return high > low


def _find_slivers(land: shapely.Geometry, seeds: Polygons, radius: float) -> Polygons:
    """Return the slivers along the land that intersect a seed, each of them whole."""
    slivers, margin = [np.empty(0, object)], _MARGIN * radius
    while len(seeds):
        west, south, east, north = shapely.bounds(seeds).T
        window = shapely.union_all(shapely.box(west - margin, south - margin, east + margin, north + margin))
        local_land = shapely.intersection(land, window)
        # Near the edge of the window the result is wrong, because the land beyond the edge is missing.
        valid = shapely.buffer(window, -3 * radius, join_style="mitre")
        closed = shapely.buffer(shapely.buffer(local_land, radius, quad_segs=_ARC_SEGMENTS), -radius, quad_segs=_ARC_SEGMENTS)
        # Rounding leaves hairs along straight borders that would join separate pieces; snapping to a grid removes them.
        pieces = shapely.get_parts(shapely.difference(shapely.intersection(closed, valid), local_land, grid_size=_GRID_DEGREES))
        pieces = pieces[np.unique(shapely.STRtree(pieces).query(seeds, predicate="intersects")[1])]
        is_cut = shapely.dwithin(pieces, valid.boundary, 2 * _GRID_DEGREES)
        slivers.append(pieces[~is_cut])
        seeds, margin = pieces[is_cut], _WIDENING * margin
    return np.concatenate(slivers)


def _longitude_scale(polygons: Polygons) -> float:
    """Return the ratio of a degree of longitude to one of latitude, in the middle of the polygons."""
    _, south, _, north = shapely.total_bounds(polygons)
    return max(float(np.cos(np.radians((south + north) / 2))), 0.01)
