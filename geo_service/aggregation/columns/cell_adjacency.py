"""Which cells of a level touch each other: indexes of neighbours, looked up when they are first needed, extended when cells come."""

import h3.api.basic_int as h3
import numpy as np
from h3ronpy import grid_disk
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import GrowableArray

Cells = NDArray[np.uint64]
Indexes = NDArray[np.int32]

DISK = 7
"""A hexagon and the six around it."""
NO_CELL = -1
"""In place of a neighbour that holds no incidents, and of the sixth of a pentagon."""
_UNKNOWN = -2
_ALL_AT_ONCE = 10_000
"""New cells: for more of them it is cheaper to forget all neighbours than to add each new cell to those around it."""


class CellAdjacency:
    """(cells, 7) int32: for each cell of a level, by its index, the indexes of itself and of those around it, in no particular order."""

    def __init__(self) -> None:
        self._disks = GrowableArray(np.empty((0, DISK), np.int32))
        self._order = np.empty(0, np.int64)

    def disks(self, cells: Cells, which: NDArray[np.intp] | None = None) -> Indexes:
        """Return the whole array, in which the rows `which` are known; all of them without it. Do not write into it.

        cells: of the level, by index; a longer array than before where cells have come.
        """
        self._extend(cells)
        disks = self._disks.values
        wanted = np.arange(len(cells)) if which is None else which
        unknown = wanted[disks[wanted, 0] == _UNKNOWN]
        if len(unknown):
            if len(self._order) != len(cells):
                self._order = np.argsort(cells)
            disks[unknown] = _look_up(_disk_cells(cells[unknown]), cells, self._order)
        return disks

    def _extend(self, cells: Cells) -> None:
        """Make room for cells that have come, and add them to the known disks around them."""
        before, fresh = len(self._disks), len(cells) - len(self._disks)
        if not fresh:
            return
        known = bool(before) and bool((self._disks.values[:, 0] != _UNKNOWN).any())
        self._disks.resize(len(cells), fill=_UNKNOWN)
        if known and fresh > _ALL_AT_ONCE:
            self._disks.values[:] = _UNKNOWN
        elif known:
            self._order = np.argsort(cells)
            around = _look_up(_disk_cells(cells[before:]), cells, self._order)
            self._disks.values[before:] = around
            _link(self._disks.values, around, before)


def _disk_cells(cells: Cells) -> Cells:
    """Return (cells, 7) uint64: each cell and those around it; 0, which is no cell, for the missing one of a pentagon."""
    disks = np.zeros((len(cells), DISK), np.uint64)
    if len(cells):
        five = np.isin(cells, np.array(h3.get_pentagons(h3.get_resolution(int(cells[0]))), np.uint64))
        disks[~five] = np.asarray(grid_disk(np.ascontiguousarray(cells[~five]), 1, flatten=True)).reshape(-1, DISK)
        for index in np.flatnonzero(five).tolist():
            disk = h3.grid_disk(int(cells[index]), 1)
            disks[index, : len(disk)] = disk
    return disks


def _look_up(wanted: Cells, cells: Cells, order: NDArray[np.int64]) -> Indexes:
    """Return the index of each wanted cell, `NO_CELL` where it is not among the cells. order: sorts them."""
    ordered = cells[order]
    positions = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.where(ordered[positions] == wanted, order[positions], NO_CELL).astype(np.int32)


@njit(nogil=True, cache=True)
def _link(disks: Indexes, around: Indexes, first: int) -> None:
    """Add the cells from `first` on to the known disks of those around them. around: (new cells, 7) their own disks."""
    for i in range(len(around)):
        for j in around[i]:
            if 0 <= j < first and disks[j, 0] != _UNKNOWN:
                for k in range(DISK):
                    if disks[j, k] == NO_CELL:
                        disks[j, k] = first + i
                        break
