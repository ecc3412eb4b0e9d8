"""Sets of H3 cells of any resolution, as ranges of the finest cells below them.

All descendants of a cell have its leading bits, so that their H3 indexes are one interval of integers
(https://h3geo.org/docs/core-library/h3Indexing).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from geo_service.core.model import FINEST_RESOLUTION

CellSet = tuple[int, ...]
"""H3 cells, none of which lies in another, in the order of their finest descendants: equal sets are equal keys."""

CellRanges = tuple[NDArray[np.uint64], NDArray[np.uint64]]
"""The least and the greatest finest cell of each cell, both inclusive and ascending; the ranges are disjoint."""

_DIGIT_BITS = 3
_FINEST_DIGIT = 15
"""An H3 index has a digit for each of 15 resolutions; the digits below its own are all ones."""
_RESOLUTION_SHIFT = 52


def unite_cells(cells: Iterable[int]) -> CellSet:
    """Return cells as a set: without repeats, and without those that lie in another.

    >>> [hex(cell) for cell in unite_cells([0x871181B6CFFFFFF, 0x861181B6FFFFFFF, 0x871181B6CFFFFFF])]
    ['0x861181b6fffffff']
    """
    # The coarser of two cells that begin with the same finest cell comes first.
    ranges = sorted(((*_finest_range(cell), cell) for cell in set(cells)), key=lambda one: (one[0], -one[1]))
    united: list[tuple[int, int, int]] = []
    for one in ranges:
        if not united or one[0] > united[-1][1]:
            united.append(one)
    return tuple(cell for _, _, cell in united)


def finest_ranges(cells: CellSet) -> CellRanges:
    """Return the ranges of the finest cells of a set."""
    ranges = np.array([_finest_range(cell) for cell in cells], np.uint64).reshape(-1, 2)
    return np.ascontiguousarray(ranges[:, 0]), np.ascontiguousarray(ranges[:, 1])


def mark_cells_inside(finest: NDArray[np.uint64], ranges: CellRanges) -> NDArray[np.uint8]:
    """Return (cells,) uint8: 1 for each finest cell that lies in one of the ranges, in any order. Each cell is searched for."""
    lows, highs = ranges
    if not len(lows):
        return np.zeros(len(finest), np.uint8)
    position = np.searchsorted(lows, finest, side="right") - 1
    inside = (position >= 0) & (finest <= highs[position])
    return inside.astype(np.uint8)


def mark_sorted_cells_inside(finest: NDArray[np.uint64], ranges: CellRanges) -> NDArray[np.uint8]:
    """Return the same for ascending cells: only the ends of the ranges are searched for, as cells are many and ranges few."""
    marks = np.zeros(len(finest), np.uint8)
    lows, highs = ranges
    bounds = zip(np.searchsorted(finest, lows).tolist(), np.searchsorted(finest, highs, side="right").tolist(), strict=True)
    for start, stop in bounds:
        marks[start:stop] = 1
    return marks


def _finest_range(cell: int) -> tuple[int, int]:
    """Return the least and the greatest index that a descendant of a cell can have at the finest resolution."""
    resolution = cell >> _RESOLUTION_SHIFT & 0xF
    below = (1 << _DIGIT_BITS * (_FINEST_DIGIT - resolution)) - 1
    unused = (1 << _DIGIT_BITS * (_FINEST_DIGIT - FINEST_RESOLUTION)) - 1
    finest = cell & ~below & ~(0xF << _RESOLUTION_SHIFT) | FINEST_RESOLUTION << _RESOLUTION_SHIFT
    return finest | unused, finest | below
