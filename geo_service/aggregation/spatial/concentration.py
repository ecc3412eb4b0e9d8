"""Concentration: where cells with many, or with few incidents lie together (Getis-Ord Gi*), in the bins of ArcGIS.

It shows where people live more than what has happened: docs/statistics.md has the figures.
"""

from collections.abc import Sequence
from math import erfc, inf, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.columns.cell_adjacency import DISK, NO_CELL
from geo_service.aggregation.probability.false_discovery import adjust_p_values
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.instants import LATEST

Floats = NDArray[np.float64]

DECIMALS = 3
"""Of z: bins are found from what readers see."""
LEVELS = (0.1, 0.05, 0.01)
"""False discovery rates of the bins: 90, 95 and 99 % confidence."""
_PER_ONE = 10.0**DECIMALS
_STEP = 1 / _PER_ONE
_NO_SPREAD = 1e-7
"""Standard deviation, relative to the mean, that is but the error of its computation."""
_CANDIDATE_Z = 1.6448
"""Least z whose two-sided p is at most the greatest of the rates: only these can be significant."""


def areas(selection: Selection) -> tuple[Selection]:
    """Return the selection of all incidents ever, in the selected districts and cells: cells that hold any of them are compared."""
    return (Selection(Window(0, LATEST), LATEST, districts=selection.districts, cells=selection.cells),)


class StudyArea:
    """The cells of a level that are compared: those that hold an incident, of whatever time and kind, in the selected districts and cells.

    Others of the hierarchy held one once: a process that began later does not know them.
    """

    def __init__(self, state: ReplicaState, selection: Selection, resolution: int) -> None:
        level = state.pyramid.levels[resolution]
        self._size = len(level)
        self._inside = np.flatnonzero(state.counter.per_cell(areas(selection)[0], resolution)[:, 0])
        self._disks = level.disks()
        if not self._is_whole:
            position = np.full(self._size + 1, NO_CELL, np.int32)
            position[self._inside] = np.arange(len(self._inside), dtype=np.int32)
            # The last entry stands for a neighbour that is not there, whose index is -1.
            self._disks = position[self._disks[self._inside]]
        self._weights = np.count_nonzero(self._disks != NO_CELL, axis=1).astype(np.int8)

    @property
    def _is_whole(self) -> bool:
        return len(self._inside) == self._size

    def __len__(self) -> int:
        return len(self._inside)

    def select(self, values: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the values of the area's cells from those of the whole level."""
        return values if self._is_whole else values[self._inside]

    def spread(self, values: Floats) -> Floats:
        """Return values for the whole level from those of the area's cells; NaN outside of it."""
        out = np.full(self._size, np.nan)
        out[self._inside] = values
        return out

    def compute_z(self, counts: NDArray[np.int32]) -> Floats:
        """Return Gi* of the area's cells, rounded to `DECIMALS`, as `getis_ord.compute_gi_star` gives it.

        Most counts are 0: each other one is added to the cells of its disk, as these are in each other's disks.
        """
        n, totals = len(self), np.zeros(len(self), np.int32)
        occupied = np.flatnonzero(counts)
        values = counts[occupied].astype(np.float64)
        mean = values.sum() / max(n, 1)
        deviation = sqrt(max((values @ values) / max(n, 1) - mean**2, 0.0))
        _add_to_disks(totals, occupied, np.ascontiguousarray(counts), self._disks)
        weights = np.arange(DISK + 1)
        # By how many cells a disk has; where there is nothing to compare with, nothing is divided.
        scale = deviation * np.sqrt(np.maximum(weights * (n - weights), 0) / max(n - 1, 1))
        inverse = np.divide(1.0, scale, out=np.zeros(DISK + 1), where=scale > _NO_SPREAD * (mean + 1))
        return _standardise(totals, self._weights, mean, inverse)


def cell_z(state: ReplicaState, selection: Selection, resolution: int) -> Floats:
    """Return Gi* of each cell of a level, of its incidents and those of the cells that touch it; NaN outside of the area."""
    area = StudyArea(state, selection, resolution)
    return area.spread(area.compute_z(area.select(state.counter.per_cell(selection, resolution)[:, 0])))


def significant_cells(z: Floats, rates: Sequence[float]) -> list[NDArray[np.intp]]:
    """Return for each false discovery rate, at most 0.1, which z are significant, two-sided. NaN is no test.

    By Benjamini and Hochberg over all cells.
    """
    size = np.abs(z)
    candidates = np.flatnonzero(size >= _CANDIDATE_Z)
    adjusted = adjust_p_values(_two_sided(size[candidates]), int(np.count_nonzero(size == size)))
    return [candidates[adjusted <= rate] for rate in rates]


def significant_z(z: Floats, rates: Sequence[float] = LEVELS) -> list[float]:
    """Return for each rate the least |z| that is significant; infinity where none is. Otherwise as `significant_cells`."""
    return [float(np.abs(z[cells]).min(initial=inf)) for cells in significant_cells(z, rates)]


def bin_lowers(z: Floats) -> tuple[float, ...]:
    """Return the least z of each of the seven bins, from cold at 99 % to hot at 99 %; the first is -infinity."""
    limits = significant_z(z)
    # A cold bin ends at its limit, itself included: the next one begins a step above.
    return (-inf, *(round(_STEP - limit, DECIMALS) for limit in limits[::-1]), *limits)


@njit(nogil=True, cache=True)
def _add_to_disks(out: NDArray[np.int32], which: NDArray[np.intp], counts: NDArray[np.int32], disks: NDArray[np.int32]) -> None:
    for i in which:
        for j in disks[i]:
            if j != NO_CELL:
                out[j] += counts[i]


@njit(nogil=True, cache=True)
def _standardise(totals: NDArray[np.int32], weights: NDArray[np.int8], mean: float, inverse: Floats) -> Floats:
    """Return (Σx - x̄ w) times a factor by w, rounded."""
    out = np.empty(len(totals))
    for i in range(len(totals)):
        out[i] = np.rint((totals[i] - mean * weights[i]) * inverse[weights[i]] * _PER_ONE) / _PER_ONE
    return out


@njit(nogil=True, cache=True)
def _two_sided(z: Floats) -> Floats:
    """Return P(|Z| >= z) of the standard normal distribution."""
    out = np.empty(len(z))
    for i in range(len(z)):
        out[i] = erfc(z[i] / sqrt(2.0))
    return out
