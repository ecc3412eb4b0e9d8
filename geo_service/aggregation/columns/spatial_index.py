"""The base's rows by place, stretch by stretch of time: finding those inside a box looks at little else.

A stretch is 65,536 consecutive rows; for each there is an order of its rows, two bytes a row: by strips of latitude
from south to north, and by longitude within a strip.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import GrowableArray

Positions = NDArray[np.int32]

_BITS = 16
CHUNK_ROWS = 1 << _BITS
"""Rows: as many as two bytes can number."""

_STRIP_BITS = 19
"""A strip is 2**19 position units high, 0.052°, as a tile of zoom 12 at 54° of latitude: a tile lies in two or three."""

_WORTH_A_SEARCH = 4096
"""Rows from which searching a stretch is faster than looking at each."""


class Box(NamedTuple):
    """Closed bounds in units of `columns.POSITION_UNITS` to the degree, west ≤ east."""

    west: int
    south: int
    east: int
    north: int


class SpatialIndex:
    """Orders of the first rows; those of stretches that have changed are made when they are needed."""

    def __init__(self, lng: Positions, lat: Positions) -> None:
        """lng, lat: of the rows to begin with."""
        self._order = GrowableArray.empty(np.uint16)
        self._stale: set[int] = set()
        self.change_from(0, len(lng))
        self._renew(lng, lat, range(self._chunks))

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return self._order.nbytes

    def change(self, rows: NDArray[np.int64]) -> None:
        """Hear that rows have another place."""
        self._stale.update(np.unique(rows[rows < len(self._order)] >> _BITS).tolist())

    def change_from(self, first: int, size: int) -> None:
        """Hear that all rows from `first` on are others now, and how many there are in all."""
        self._order.resize(size)
        self._stale.update(range(first >> _BITS, self._chunks))

    def inside(self, lng: Positions, lat: Positions, bounds: tuple[int, int], box: Box) -> NDArray[np.int32]:
        """Which of the rows `bounds[0]:bounds[1]` lie within a box, in no particular order. int32.

        Rows behind those that there are orders for are looked at one by one.
        """
        low, high = bounds
        out = np.empty(max(high - low, 0), np.int32)
        known = min(high, len(self._order))
        ordered = range(low >> _BITS, -(-known >> _BITS)) if known - low >= _WORTH_A_SEARCH else range(0)
        self._renew(lng, lat, ordered)
        at = 0
        for stretch in ordered:
            first = stretch << _BITS
            order = self._order.values[first : first + CHUNK_ROWS]
            at = _search(out, at, order, first, low, high, lng, lat, *box)
        rest = max(low, known) if ordered else low
        at = _scan(out, at, rest, high, lng, lat, *box)
        return out[:at]

    @property
    def _chunks(self) -> int:
        return -(-len(self._order) >> _BITS)

    def _renew(self, lng: Positions, lat: Positions, stretches: range) -> None:
        for stretch in self._stale.intersection(stretches):
            first = stretch << _BITS
            order = self._order.values[first : first + CHUNK_ROWS]
            end = first + len(order)
            # Strip, longitude and number as one number of 12 + 32 + 16 bits, sorted: several times faster than by two keys.
            strips = (lat[first:end] >> _STRIP_BITS).astype(np.int64) << 32 + _BITS
            packed = strips + (lng[first:end].astype(np.int64) + (1 << 31) << _BITS) + np.arange(len(order))
            packed.sort()
            order[:] = packed & (CHUNK_ROWS - 1)
        self._stale.difference_update(stretches)


@njit(nogil=True, cache=True)
def _search(
    out: NDArray[np.int32], at: int, order: NDArray[np.uint16], first: int, low: int, high: int, lng: Positions, lat: Positions,
    west: int, south: int, east: int, north: int,
) -> int:  # fmt: skip
    """Write the rows of one stretch that are inside the box and between low and high; the place behind."""
    place = 0
    for strip in range(south >> _STRIP_BITS, (north >> _STRIP_BITS) + 1):
        stop = len(order)
        while place < stop:
            middle = (place + stop) // 2
            row = first + order[middle]
            of_row = lat[row] >> _STRIP_BITS
            if of_row < strip or (of_row == strip and lng[row] < west):
                place = middle + 1
            else:
                stop = middle
        while place < len(order):
            row = first + order[place]
            if lng[row] > east or lat[row] >> _STRIP_BITS != strip:
                break
            if low <= row < high and south <= lat[row] <= north:
                out[at] = row
                at += 1
            place += 1
    return at


@njit(nogil=True, cache=True)
def _scan(
    out: NDArray[np.int32], at: int, low: int, high: int, lng: Positions, lat: Positions, west: int, south: int, east: int, north: int
) -> int:
    """Write the rows between low and high that are inside the box; the place behind."""
    for row in range(low, high):
        if west <= lng[row] <= east and south <= lat[row] <= north:
            out[at] = row
            at += 1
    return at
