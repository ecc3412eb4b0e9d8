"""Split polygons at the antimeridian: those that extend beyond ±180°, and those whose rings jump from one side to the other."""

import numpy as np
import shapely
from numpy.typing import NDArray

from boundaries.locating.district_arrays import Polygons

Floats = NDArray[np.float64]

TURN = 360.0
_HALF = 180.0


def unwrap_polygons(polygons: Polygons) -> Polygons:
    """Return polygons whose rings continue beyond ±180° instead of jumping over the antimeridian (179° to -179°).

    An edge of more than half a turn counts as a jump, since RFC 7946, 3.1.9 asks for polygons that are cut at the
    antimeridian. A ring around a pole would not be closed after unwrapping, and is not changed.
    """
    unwrapped = polygons.copy()
    for row in np.flatnonzero(_max_width(polygons) > _HALF):
        unwrapped[row] = shapely.multipolygons([_unwrap_part(part) for part in shapely.get_parts(polygons[row])])
    return unwrapped


def split_polygons(polygons: Polygons) -> Polygons:
    """Return valid polygons between -180° and 180°: parts beyond are cut off and moved by a full turn."""
    done = polygons.copy()
    bounds = shapely.bounds(polygons).reshape(-1, 4)
    for row in np.flatnonzero((bounds[:, 0] < -_HALF) | (bounds[:, 2] > _HALF)):
        turns = range(int((bounds[row, 0] + _HALF) // TURN), int((bounds[row, 2] + _HALF) // TURN) + 1)
        parts = [part for turn in turns for part in _cut_turn(polygons[row], turn)]
        done[row] = shapely.union_all(parts)
    return done


def _cut_turn(polygon: shapely.Geometry, turn: int) -> list[shapely.Geometry]:
    """Return the parts of the polygon that lie in a turn of the earth, moved to between -180° and 180°."""
    west = turn * TURN - _HALF
    cut = shapely.intersection(polygon, shapely.box(west, -90, west + TURN, 90))
    moved = shapely.transform(cut, lambda points: points - [turn * TURN, 0])
    return [part for part in shapely.get_parts(moved) if isinstance(part, shapely.Polygon)]


def _unwrap_part(part: shapely.Polygon) -> shapely.Polygon:
    shell = _unwrap_ring(shapely.get_coordinates(part.exterior))
    middle = (shell[:, 0].min() + shell[:, 0].max()) / 2
    holes = [_move_to_shell(_unwrap_ring(shapely.get_coordinates(ring)), middle) for ring in part.interiors]
    return shapely.Polygon(shell, holes)


def _unwrap_ring(points: Floats) -> Floats:
    steps = np.diff(points[:, 0])
    turns = np.where((np.abs(steps) > _HALF) & (np.abs(steps) < TURN), -np.sign(steps), 0)
    if not turns.any() or turns.sum():
        return points
    return points + np.column_stack([np.append(0, np.cumsum(turns)) * TURN, np.zeros(len(points))])


def _move_to_shell(points: Floats, middle: float) -> Floats:
    """Return a hole moved by whole turns to its shell, whose middle longitude is given."""
    own_middle = (points[:, 0].min() + points[:, 0].max()) / 2
    moved: Floats = points + np.array([round((middle - own_middle) / TURN) * TURN, 0.0])
    return moved


def _max_width(polygons: Polygons) -> Floats:
    """Return the width of each polygon's widest part, degrees."""
    parts, row = shapely.get_parts(polygons, return_index=True)
    bounds = shapely.bounds(parts).reshape(-1, 4)
    width = np.zeros(len(polygons))
    np.maximum.at(width, row, bounds[:, 2] - bounds[:, 0])
    return width
