"""Outlines of H3 cells in degrees, valid everywhere: cut at the antimeridian, and closed over a pole that they contain.

RFC 7946, 3.1.9: a polygon that crosses the antimeridian is cut into parts that do not. A cell around a pole becomes one
polygon from 180°W to 180°E whose remaining sides run along the antimeridian and the pole.
"""

from collections.abc import Iterator
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely
from h3ronpy.vector import cells_to_wkb_polygons
from numpy.typing import NDArray

_DECIMALS = 5
"""Of degrees: about a metre."""
_FINE_DECIMALS = 7
"""Of degrees, where cells are only metres wide."""
_FINE_RESOLUTION = 11
"""The first resolution of such cells."""

_WIDE = 30.0
"""Degrees of longitude. A wider cell crosses the antimeridian, or is near a pole: no other one is wider than this."""
_TURN, _HALF_TURN, _POLE = 360.0, 180.0, 90.0
"""Degrees."""
_SHORTEST_CHORD = 1e-9
"""On the unit sphere, 6 mm: shorter edges are not divided, however near the pole they are."""


def cell_outlines(cells: NDArray[np.uint64]) -> NDArray[Any]:
    """Return (cells,) shapely geometries of degrees, longitude first: valid, counter-clockwise, each containing its cell's centre.

    cells: of one resolution.
    """
    outlines = np.asarray(shapely.from_wkb(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells)), object)), object)
    west, _, east, _ = shapely.bounds(outlines).reshape(-1, 4).T
    decimals = _DECIMALS if not len(cells) or h3.get_resolution(int(cells[0])) < _FINE_RESOLUTION else _FINE_DECIMALS
    rounded = np.asarray(shapely.transform(outlines, lambda points: np.round(points, decimals)), object)
    for index in np.flatnonzero(east - west > _WIDE).tolist():
        rounded[index] = _wide_outline(int(cells[index]), decimals)
    return rounded


def _wide_outline(cell: int, decimals: int) -> Any:
    """Return the outline of a cell that crosses the antimeridian or is near a pole."""
    ring = _unwrap(np.array(list(_points(cell))))
    if abs(ring[-1, 0] - ring[0, 0]) > _HALF_TURN:
        pole = np.copysign(_POLE, h3.cell_to_latlng(cell)[0])
        ring = np.vstack([ring, [(ring[-1, 0], pole), (ring[0, 0], pole)]])
    # Rounding makes a corner meet an edge where a cell of the finest resolutions has one within millimetres of a pole.
    whole = shapely.make_valid(shapely.Polygon(np.round(ring, decimals)))
    parts = [_part(whole, turn) for turn in (-_TURN, 0.0, _TURN)]
    # A cut is rounded on the grid of the corners: rounding each point by itself could make slivers cross themselves.
    cut = shapely.set_precision(shapely.union_all(parts), 10.0**-decimals)
    # What is left of a sliver may be a line.
    areas = shapely.union_all([part for part in shapely.get_parts(cut) if part.geom_type == "Polygon"])
    rounded = shapely.transform(areas, lambda points: np.round(points, decimals))
    return shapely.orient_polygons(rounded, exterior_cw=False)


def _part(whole: Any, turn: float) -> Any:
    """Return the part of an unwrapped polygon within a world that is moved by whole turns, moved back to ±180°."""
    world = shapely.box(turn - _HALF_TURN, -_POLE, turn + _HALF_TURN, _POLE)
    return shapely.transform(shapely.intersection(whole, world), lambda points: points - (turn, 0.0))


def _unwrap(ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a closed ring whose longitudes go on beyond ±180° instead of jumping; around a pole it ends a turn beside its start."""
    steps = np.diff(ring[:, 0])
    turns = np.concatenate([[0.0], np.cumsum(-_TURN * np.round(steps / _TURN))])
    return np.column_stack([ring[:, 0] + turns, ring[:, 1]])


def _points(cell: int) -> Iterator[tuple[float, float]]:
    """Yield the corners of a cell, the first again at the end, with points between them where an edge is near a pole.

    Edges are arcs of great circles: a straight line in degrees would miss the pole, or run on its other side.
    """
    corners = [(lng, lat) for lat, lng in h3.cell_to_boundary(cell)]
    vectors = [_to_vector(*corner) for corner in corners]
    for index, corner in enumerate(corners):
        following = (index + 1) % len(corners)
        yield corner
        yield from _between(vectors[index], vectors[following])
    yield corners[0]


def _between(start: NDArray[np.float64], end: NDArray[np.float64]) -> Iterator[tuple[float, float]]:
    """Yield points that divide an arc into parts narrower than _WIDE; the same ones in either direction."""
    first, last = _to_degrees(start), _to_degrees(end)
    width = abs((last[0] - first[0] + _HALF_TURN) % _TURN - _HALF_TURN)
    if width <= _WIDE or np.abs(end - start).max() < _SHORTEST_CHORD:
        return
    middle = (start + end) / np.linalg.norm(start + end)
    yield from _between(start, middle)
    yield _to_degrees(middle)
    yield from _between(middle, end)


def _to_vector(lng: float, lat: float) -> NDArray[np.float64]:
    """Return a point of the unit sphere. Degrees."""
    east, north = np.radians((lng, lat))
    return np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def _to_degrees(vector: NDArray[np.float64]) -> tuple[float, float]:
    """Return longitude and latitude of a point of the unit sphere."""
    x, y, z = vector.tolist()
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
