"""Polygons that run past ±180°, or that would span the world because a ring steps over it, are split there."""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.district_arrays import Polygons

Floats = NDArray[np.float64]

TURN = 360.0
_HALF = 180.0


def unwrapped(polygons: Polygons) -> Polygons:
    """The same polygons with rings that step over the antimeridian (179° to -179°) running on past 180° instead.

    A step of more than half a turn is taken for one: an edge that long is better cut into shorter ones, says RFC 7946,
    3.1.9. A ring around a pole, which no longer closes then, stays as it is.
    """
    done = polygons.copy()
    for row in np.flatnonzero(_width(polygons) > _HALF):
        done[row] = shapely.multipolygons([_unwrapped_part(part) for part in shapely.get_parts(polygons[row])])
    return done


def split(polygons: Polygons) -> Polygons:
    """The same valid polygons between -180° and 180°; what lies beyond is cut off there and turned back."""
    done = polygons.copy()
    bounds = shapely.bounds(polygons).reshape(-1, 4)
    for row in np.flatnonzero((bounds[:, 0] < -_HALF) | (bounds[:, 2] > _HALF)):
        turns = range(int((bounds[row, 0] + _HALF) // TURN), int((bounds[row, 2] + _HALF) // TURN) + 1)
        parts = [part for turn in turns for part in _within_turn(polygons[row], turn)]
        done[row] = shapely.union_all(parts)
    return done


def _within_turn(polygon: shapely.Geometry, turn: int) -> list[shapely.Geometry]:
    west = turn * TURN - _HALF
    cut = shapely.intersection(polygon, shapely.box(west, -90, west + TURN, 90))
    moved = shapely.transform(cut, lambda points: points - [turn * TURN, 0])
    return [part for part in shapely.get_parts(moved) if isinstance(part, shapely.Polygon)]


def _unwrapped_part(part: shapely.Polygon) -> shapely.Polygon:
    shell = _unwrapped_ring(shapely.get_coordinates(part.exterior))
    middle = (shell[:, 0].min() + shell[:, 0].max()) / 2
    holes = [_beside(_unwrapped_ring(shapely.get_coordinates(ring)), middle) for ring in part.interiors]
    return shapely.Polygon(shell, holes)


def _unwrapped_ring(points: Floats) -> Floats:
    steps = np.diff(points[:, 0])
    turns = np.where((np.abs(steps) > _HALF) & (np.abs(steps) < TURN), -np.sign(steps), 0)
    if not turns.any() or turns.sum():
        return points
    return points + np.column_stack([np.append(0, np.cumsum(turns)) * TURN, np.zeros(len(points))])


def _beside(points: Floats, middle: float) -> Floats:
    """A hole turned to where its shell is."""
    own = (points[:, 0].min() + points[:, 0].max()) / 2
    turned: Floats = points + np.array([round((middle - own) / TURN) * TURN, 0.0])
    return turned


def _width(polygons: Polygons) -> Floats:
    """Degrees, of the widest part."""
    parts, row = shapely.get_parts(polygons, return_index=True)
    bounds = shapely.bounds(parts).reshape(-1, 4)
    width = np.zeros(len(polygons))
    np.maximum.at(width, row, bounds[:, 2] - bounds[:, 0])
    return width
