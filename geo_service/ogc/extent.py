"""The bounds of many boxes on the globe: the shortest arc of longitudes that holds them all."""

import numpy as np
from numpy.typing import NDArray

from geo_service.tiles.documents.tilejson import Bounds

_TURN, _HALF_TURN = 360.0, 180.0
"""Degrees."""
_DECIMALS = 5


def enclosing_bounds(boxes: NDArray[np.float64]) -> Bounds:
    """Return west, south, east, north of all boxes, degrees; west > east where they lie across the antimeridian (RFC 7946, 5.2).

    boxes: (n, 4) float64, n > 0: west, south, east, north, with west ≤ east; an east beyond 180 is across the antimeridian.
    """
    west, east = _shortest_arc(boxes[:, 0], boxes[:, 2])
    south, north = float(boxes[:, 1].min()), float(boxes[:, 3].max())
    return round(west, _DECIMALS), round(south, _DECIMALS), round(east, _DECIMALS), round(north, _DECIMALS)


def _shortest_arc(wests: NDArray[np.float64], easts: NDArray[np.float64]) -> tuple[float, float]:
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
