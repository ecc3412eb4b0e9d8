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
from geo_service.aggregation.probability.getis_ord import compute_gi_star
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.instants import LATEST

Floats = NDArray[np.float64]

DECIMALS = 3
"""Of z: bins are found from what readers see."""
LEVELS = (0.1, 0.05, 0.01)
"""False discovery rates of the bins: 90, 95 and 99 % confidence."""
_STEP = 10.0**-DECIMALS
_CANDIDATE_Z = 1.6448
"""Least z whose two-sided p is at most the greatest of the rates: only these can be significant."""


def areas(selection: Selection) -> tuple[Selection]:
    """Return the selection of all incidents ever, in the selected districts: cells that hold any of them are compared."""
    return (Selection(Window(0, LATEST), LATEST, districts=selection.districts),)


class StudyArea:
    """The cells of a level that are compared: those that hold an incident, of whatever time and kind, in the selected districts.

    Others of the hierarchy held one once: a process that began later does not know them.
    """

    def __init__(self, state: ReplicaState, selection: Selection, resolution: int) -> None:
        level = state.pyramid.levels[resolution]
        self._size = len(level)
        self._inside = np.flatnonzero(state.counter.per_cell(areas(selection)[0], resolution)[:, 0])
        position = np.full(self._size + 1, NO_CELL, np.int32)
        position[self._inside] = np.arange(len(self._inside), dtype=np.int32)
        # The last entry stands for a neighbour that is not there, whose index is -1.
        self._neighbours = position[level.disks()[self._inside]].reshape(-1)
        self._starts = np.arange(0, len(self._neighbours) + 1, DISK, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._inside)

    def select(self, values: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the values of the area's cells from those of the whole level."""
        return values[self._inside]

    def spread(self, values: Floats) -> Floats:
        """Return values for the whole level from those of the area's cells; NaN outside of it."""
        out = np.full(self._size, np.nan)
        out[self._inside] = values
        return out

    def compute_z(self, counts: NDArray[np.int32]) -> Floats:
        """Return Gi* of the area's cells, rounded to `DECIMALS`."""
        return np.round(compute_gi_star(counts, self._starts, self._neighbours), DECIMALS)


def cell_z(state: ReplicaState, selection: Selection, resolution: int) -> Floats:
    """Return Gi* of each cell of a level, of its incidents and those of the cells that touch it; NaN outside of the area."""
    area = StudyArea(state, selection, resolution)
    return area.spread(area.compute_z(area.select(state.counter.per_cell(selection, resolution)[:, 0])))


def significant_z(z: Floats, rates: Sequence[float] = LEVELS) -> list[float]:
    """Return for each false discovery rate, at most 0.1, the least |z| that is significant; infinity where none is. NaN is no test.

    By Benjamini and Hochberg over all cells, two-sided.
    """
    size = np.abs(z)
    candidates = np.ascontiguousarray(size[size >= _CANDIDATE_Z])
    adjusted = adjust_p_values(_two_sided(candidates), int(np.count_nonzero(~np.isnan(z))))
    return [float(candidates[adjusted <= rate].min(initial=inf)) for rate in rates]


def bin_lowers(z: Floats) -> tuple[float, ...]:
    """Return the least z of each of the seven bins, from cold at 99 % to hot at 99 %; the first is -infinity."""
    limits = significant_z(z)
    # A cold bin ends at its limit, itself included: the next one begins a step above.
    return (-inf, *(round(_STEP - limit, DECIMALS) for limit in limits[::-1]), *limits)


@njit(nogil=True, cache=True)
def _two_sided(z: Floats) -> Floats:
    """Return P(|Z| >= z) of the standard normal distribution."""
    out = np.empty(len(z))
    for i in range(len(z)):
        out[i] = erfc(z[i] / sqrt(2.0))
    return out
