"""Bounds on the globe by the shortest arc of longitudes: of many boxes, their width and centre, and what lies in them."""

import numpy as np
from numpy.typing import NDArray

Bounds = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east across the antimeridian (RFC 7946, 5.2)."""

WORLD_BOUNDS: Bounds = (-180.0, -85.0, 180.0, 85.0)

_TURN, _HALF_TURN = 360.0, 180.0
"""Degrees."""
_DECIMALS = 5


def enclosing_bounds(boxes: NDArray[np.float64]) -> Bounds:
    """Return west, south, east, north of all boxes, degrees; west > east where they lie across the antimeridian (RFC 7946, 5.2).

    boxes: (n, 4) float64, n > 0: west, south, east, north, with west ≤ east; an east beyond 180 is across the antimeridian.
    """
    west, east = shortest_arc(boxes[:, 0], boxes[:, 2])
    south, north = float(boxes[:, 1].min()), float(boxes[:, 3].max())
    return round(west, _DECIMALS), round(south, _DECIMALS), round(east, _DECIMALS), round(north, _DECIMALS)


def center_of(bounds: Bounds) -> tuple[float, float]:
    """Return longitude, in ±180°, and latitude of the middle.

    >>> center_of((166.0, 64.0, -170.0, 70.0))
    (178.0, 67.0)
    """
    west, south, east, north = bounds
    middle = (west + east) / 2 if west <= east else _to_signed(west + width_of(bounds) / 2 + _HALF_TURN, upper=True)
    return middle, (south + north) / 2


def without_wrap(bounds: Bounds) -> Bounds:
    """Return the bounds, those across the antimeridian from -180 to 180: what readers understand that know nothing else."""
    west, south, east, north = bounds
    return bounds if west <= east else (-_HALF_TURN, south, _HALF_TURN, north)


def widen(bounds: Bounds, margin: float) -> tuple[Bounds, ...]:
    """Return boxes within the world that hold the bounds and a margin in degrees around them: two across the antimeridian."""
    west, south, _, north = bounds
    arcs = split_arc(west - margin, west + width_of(bounds) + margin)
    return tuple((low, max(south - margin, -90.0), high, min(north + margin, 90.0)) for low, high in arcs)


def split_arc(west: float, east: float) -> list[tuple[float, float]]:
    """Return the parts of an arc of longitudes within ±180°: two where it crosses the antimeridian, by west > east or beyond ±180°."""
    if west > east:
        return [(west, _HALF_TURN), (-_HALF_TURN, east)]
    if east - west >= _TURN:
        return [(-_HALF_TURN, _HALF_TURN)]
    if west >= -_HALF_TURN and east <= _HALF_TURN:
        return [(west, east)]
    start = (west + _HALF_TURN) % _TURN - _HALF_TURN
    stop = start + (east - west)
    return [(start, stop)] if stop <= _HALF_TURN else [(start, _HALF_TURN), (-_HALF_TURN, stop - _TURN)]


def width_of(bounds: Bounds) -> float:
    """Return the degrees of longitude from west to east."""
    return bounds[2] - bounds[0] if bounds[0] <= bounds[2] else bounds[2] - bounds[0] + _TURN


def shortest_arc(wests: NDArray[np.float64], easts: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the shortest arc that holds all arcs, each in ±180°; the whole circle is -180 to 180."""
    west, east = float(wests.min()), float(easts.max())
    if west >= -_HALF_TURN and east <= _HALF_TURN and east - west <= _HALF_TURN:
        # Half the circle is free, and no other gap can be wider. Most regions: no sorting is needed.
        return west, east
    starts = (wests + _HALF_TURN) % _TURN
    order = np.argsort(starts)
    starts, stops = starts[order], (starts + (easts - wests))[order]
    # What goes on beyond the antimeridian covers the beginning of the circle too.
    covered = np.maximum(np.maximum.accumulate(stops), stops.max() - _TURN)
    gaps = np.append(starts[1:], starts[0] + _TURN) - covered
    widest = int(np.argmax(gaps))
    if gaps[widest] <= 0:
        return -_HALF_TURN, _HALF_TURN
    return _to_signed(float(starts[(widest + 1) % len(starts)])), _to_signed(float(covered[widest]), upper=True)


def _to_signed(angle: float, upper: bool = False) -> float:
    """Return an angle counted from 180°W as a longitude in ±180°. upper: whether the antimeridian is 180 or -180."""
    turned = angle % _TURN - _HALF_TURN
    return _HALF_TURN if upper and turned == -_HALF_TURN else turned
