"""The H3 pyramid: which cells hold incidents, and for each finest cell its ancestor at every coarser level.

Cells get an index in the order in which they come: those of the first load sorted by H3 index, later ones
behind them. An index never changes, so counts and outlines made earlier keep their meaning.
"""

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import GrowableArray
from geo_service.aggregation.columns.cell_adjacency import CellAdjacency
from geo_service.aggregation.selection.cell_set import CellRanges, mark_cells_inside, mark_sorted_cells_inside
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION

Cells = NDArray[np.uint64]
Indexes = NDArray[np.int32]

_RESOLUTION_BITS = np.uint64(0xF << 52)


def ancestors(cells: Cells, resolution: int) -> Cells:
    """The cells' ancestors at a coarser (or the same) resolution, by the bit layout of an H3 index.

    Bits 52-55 hold the resolution; each level below has three bits, all set where it is not used.

    >>> hex(ancestors(np.array([0x8A1181B6C1B7FFF], np.uint64), 7)[0])
    '0x871181b6cffffff'
    """
    unused = np.uint64((1 << 3 * (15 - resolution)) - 1)
    return (cells & ~_RESOLUTION_BITS) | np.uint64(resolution << 52) | unused


class Level:
    """The cells of one resolution: index ↔ H3 cell."""

    def __init__(self, cells: Cells) -> None:
        """cells: sorted, without repeats."""
        self._sorted = cells
        self._cells = GrowableArray(cells)
        self._later: dict[int, int] = {}
        self._adjacency = CellAdjacency()

    def __len__(self) -> int:
        return len(self._cells.values)

    @property
    def cells(self) -> Cells:
        """(cells,) uint64, by index."""
        return self._cells.values

    def disks(self, which: NDArray[np.intp] | None = None) -> Indexes:
        """(cells, 7) int32: the indexes of each cell and of those that touch it, -1 for those that are not here.

        which: the only rows that are read, by index; others may hold anything.
        """
        return self._adjacency.disks(self.cells, which)

    def index(self, cells: Cells) -> Indexes:
        """The index of each cell, -1 where it is not here. int32."""
        positions = np.searchsorted(self._sorted, cells)
        indexes = np.full(len(cells), -1, np.int32)
        inside = positions < len(self._sorted)
        hit = inside.copy()
        hit[inside] = self._sorted[positions[inside]] == cells[inside]
        indexes[hit] = positions[hit]
        if self._later:
            for i in np.flatnonzero(~hit):
                indexes[i] = self._later.get(int(cells[i]), -1)
        return indexes

    def mark_inside(self, ranges: CellRanges) -> NDArray[np.uint8]:
        """Return (cells,) uint8, by index: 1 for each cell that lies in one of the ranges."""
        later = self.cells[len(self._sorted) :]
        return np.concatenate([mark_sorted_cells_inside(self._sorted, ranges), mark_cells_inside(later, ranges)])

    def add(self, cells: Cells) -> Indexes:
        """The index of each cell; those not yet here are put behind the last, in H3 order."""
        indexes = self.index(cells)
        new = np.unique(cells[indexes < 0])
        if len(new):
            self._later.update(zip(new.tolist(), range(len(self), len(self) + len(new)), strict=True))
            self._cells.append(new)
            indexes = self.index(cells)
        return indexes


class H3Hierarchy:
    """All levels, finest to coarsest."""

    def __init__(self, finest: Cells) -> None:
        """finest: the occupied cells of resolution 10, sorted, without repeats."""
        self.levels: dict[int, Level] = {FINEST_RESOLUTION: Level(finest)}
        self._up: dict[int, GrowableArray] = {FINEST_RESOLUTION: GrowableArray(np.arange(len(finest), dtype=np.int32))}
        for resolution in range(FINEST_RESOLUTION - 1, COARSEST_RESOLUTION - 1, -1):
            above, index = np.unique(ancestors(finest, resolution), return_inverse=True)
            self.levels[resolution] = Level(above)
            self._up[resolution] = GrowableArray(index.astype(np.int32))

    def __len__(self) -> int:
        return len(self.levels[FINEST_RESOLUTION])

    def up(self, resolution: int) -> Indexes:
        """For each finest cell, by index, the index of its ancestor in `levels[resolution]`. int32."""
        values: Indexes = self._up[resolution].values
        return values

    def add(self, cells: Cells) -> Indexes:
        """Indexes of finest cells, new ones taken in at every level. int32."""
        finest = self.levels[FINEST_RESOLUTION]
        before = len(finest)
        index = finest.add(cells)
        fresh = finest.cells[before:]
        if len(fresh):
            self._up[FINEST_RESOLUTION].append(np.arange(before, len(finest), dtype=np.int32))
            for resolution in range(FINEST_RESOLUTION - 1, COARSEST_RESOLUTION - 1, -1):
                self._up[resolution].append(self.levels[resolution].add(ancestors(fresh, resolution)))
        return index
