"""A spatial index of the rows in time order: finds those inside a box without reading all of a window.

A chunk is 65,536 consecutive rows. Each chunk has a permutation of its rows (two bytes a row): by bands of latitude
from south to north, and by longitude within a band.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import GrowableArray

Positions = NDArray[np.int32]

_BITS = 16
CHUNK_ROWS = 1 << _BITS
"""Rows a chunk: as many as two bytes can number."""

_BAND_BITS = 19
"""A band is 2**19 position units high, 0.052°, like a tile of zoom 12 at 54° of latitude: a tile lies in two or three."""

_MIN_ROWS_TO_SEARCH = 4096
"""Rows from which a search in the index is faster than a scan."""


class Box(NamedTuple):
    """Closed bounds in units of `columns.POSITION_UNITS` to the degree, west ≤ east."""

    west: int
    south: int
    east: int
    north: int


class SpatialIndex:
    """Permutations of the indexed rows; those of chunks that have changed are sorted when they are needed."""

    def __init__(self, lng: Positions, lat: Positions) -> None:
        """lng, lat: (rows,) int32 positions of the rows to index."""
        self._order = GrowableArray.empty(np.uint16)
        self._stale: set[int] = set()
        self.invalidate_from(0, len(lng))
        self._sort_chunks(lng, lat, range(self._chunks))

    @property
    def nbytes(self) -> int:
        """Bytes allocated."""
        return self._order.nbytes

    def invalidate(self, rows: NDArray[np.int64]) -> None:
        """Mark the chunks of rows whose position has changed."""
        self._stale.update(np.unique(rows[rows < len(self._order)] >> _BITS).tolist())

    def invalidate_from(self, first: int, size: int) -> None:
        """Mark all rows from `first` on as changed, and set the number of indexed rows to `size`."""
        self._order.resize(size)
        self._stale.update(range(first >> _BITS, self._chunks))

    def rows_in_box(self, lng: Positions, lat: Positions, bounds: tuple[int, int], box: Box) -> NDArray[np.int32]:
        """Return which of the rows `bounds[0]:bounds[1]` lie within a box, in no particular order. int32.

        Rows beyond the indexed ones are scanned.
        """
        low, high = bounds
        out = np.empty(max(high - low, 0), np.int32)
        indexed = min(high, len(self._order))
        ordered = range(low >> _BITS, -(-indexed >> _BITS)) if indexed - low >= _MIN_ROWS_TO_SEARCH else range(0)
        self._sort_chunks(lng, lat, ordered)
        at = 0
        for chunk in ordered:
            first = chunk << _BITS
            order = self._order.values[first : first + CHUNK_ROWS]
            at = _search_chunk(out, at, order, first, low, high, lng, lat, *box)
        rest = max(low, indexed) if ordered else low
        at = _scan_rows(out, at, rest, high, lng, lat, *box)
        return out[:at]

    @property
    def _chunks(self) -> int:
        return -(-len(self._order) >> _BITS)

    def _sort_chunks(self, lng: Positions, lat: Positions, chunks: range) -> None:
        for chunk in self._stale.intersection(chunks):
            first = chunk << _BITS
            order = self._order.values[first : first + CHUNK_ROWS]
            end = first + len(order)
            # Band, longitude and row as one number of 12 + 32 + 16 bits, sorted: several times faster than by two keys.
            bands = (lat[first:end] >> _BAND_BITS).astype(np.int64) << 32 + _BITS
            packed = bands + (lng[first:end].astype(np.int64) + (1 << 31) << _BITS) + np.arange(len(order))
            packed.sort()
            order[:] = packed & (CHUNK_ROWS - 1)
        self._stale.difference_update(chunks)


@njit(nogil=True, cache=True)
def _search_chunk(
    out: NDArray[np.int32], at: int, order: NDArray[np.uint16], first: int, low: int, high: int, lng: Positions, lat: Positions,
    west: int, south: int, east: int, north: int,
) -> int:  # fmt: skip
    """Write the rows of one chunk that are inside the box and between low and high; return the next position in `out`."""
    position = 0
    for band in range(south >> _BAND_BITS, (north >> _BAND_BITS) + 1):
        stop = len(order)
        while position < stop:
            middle = (position + stop) // 2
            row = first + order[middle]
            row_band = lat[row] >> _BAND_BITS
            if row_band < band or (row_band == band and lng[row] < west):
                position = middle + 1
            else:
                stop = middle
        while position < len(order):
            row = first + order[position]
            if lng[row] > east or lat[row] >> _BAND_BITS != band:
                break
            if low <= row < high and south <= lat[row] <= north:
                out[at] = row
                at += 1
            position += 1
    return at


@njit(nogil=True, cache=True)
def _scan_rows(
    out: NDArray[np.int32], at: int, low: int, high: int, lng: Positions, lat: Positions, west: int, south: int, east: int, north: int
) -> int:
    """Write the rows between low and high that are inside the box; return the next position in `out`."""
    for row in range(low, high):
        if west <= lng[row] <= east and south <= lat[row] <= north:
            out[at] = row
            at += 1
    return at
