"""Positions from which incidents keep coming: the houses with most of them in a selection."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.columns.columns import POSITION_UNITS
from geo_service.aggregation.counting.grouping import NO_TABLE, Grouping
from geo_service.aggregation.counting.selected_rows import SelectedRows, select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import LocationQuality

GRID_UNITS = 100
"""Positions within 1e-5 degrees, about a metre, are one: a geocoder gives the same house the same coordinates."""
_IDS_OF_POSITION = 5
"""Enough to find out how people write the address."""
_IS_OPEN = 2


@dataclass(frozen=True, slots=True)
class RepeatedPosition:
    """A position with its incidents in a selection."""

    lng: float
    lat: float
    """Degrees."""
    n: int
    open: int
    district: int
    """Id; 0 for none."""
    themes: Sequence[tuple[int, int]]
    """Pairs of id and count, most incidents first."""
    ids: Sequence[int]
    """Of its latest incidents."""


@dataclass(frozen=True, slots=True)
class RepeatedPositions:
    """The positions with most incidents, and how many there are with enough of them."""

    positions: Sequence[RepeatedPosition]
    total: int


def find_repeated_positions(state: ReplicaState, selection: Selection, at_least: int, limit: int) -> RepeatedPositions:
    """Return the positions with `at_least` incidents or more that are located to a house or better, most incidents first.

    limit: how many are returned; equal ones are ordered by longitude and latitude.
    """
    columns = state.columns
    selected = select_rows(columns, selection, Grouping("cell", NO_TABLE, len(state.pyramid)))
    rows, is_open = _rows_of_busy_cells(columns["quality"], selected, len(state.pyramid), at_least)
    east, north = columns["lng"][rows] // GRID_UNITS, columns["lat"][rows] // GRID_UNITS
    keys = (east.astype(np.int64) << 32) | (north.astype(np.int64) & 0xFFFFFFFF)
    order = np.argsort(keys, kind="stable")
    is_first = np.ones(len(keys), np.bool_)
    is_first[1:] = np.diff(keys[order]) != 0
    starts = np.flatnonzero(is_first)
    sizes = np.diff(np.append(starts, len(order)))
    enough = np.flatnonzero(sizes >= at_least)
    # The keys are sorted, so that equally large positions are in the order of their coordinates.
    chosen = enough[np.argsort(-sizes[enough], kind="stable")[:limit]]
    pieces = [order[start : start + size] for start, size in zip(starts[chosen].tolist(), sizes[chosen].tolist(), strict=True)]
    return RepeatedPositions([_describe(state, rows[piece], is_open[piece]) for piece in pieces], len(enough))


def _rows_of_busy_cells(
    quality: NDArray[np.uint8], selected: SelectedRows, cells: int, at_least: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Return the well located rows of cells that have enough of them, and which are open.

    A house is in one cell, or where it stands on an edge still one position: most rows are left out without being sorted.
    """
    counts = np.zeros(cells, np.int32)
    _count_located(counts, selected.rows, selected.groups, quality, np.uint8(LocationQuality.HOUSE))
    busy = (counts[selected.groups] >= at_least) & (quality[selected.rows] <= LocationQuality.HOUSE)
    return selected.rows[busy], (selected.state[busy] & _IS_OPEN) != 0


@njit(nogil=True, cache=True)
def _count_located(
    out: NDArray[np.int32], rows: NDArray[np.int32], groups: NDArray[np.int32], quality: NDArray[np.uint8], worst: np.uint8
) -> None:
    for i in range(len(rows)):
        out[groups[i]] += np.int32(quality[rows[i]] <= worst)


def _describe(state: ReplicaState, rows: NDArray[np.int32], is_open: NDArray[np.bool_]) -> RepeatedPosition:
    columns = state.columns
    themes, counts = np.unique(columns["theme"][rows], return_counts=True)
    ranked = sorted(zip(themes.tolist(), counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    latest = rows[np.lexsort((columns["id"][rows], columns["received"][rows]))][-_IDS_OF_POSITION:]
    newest = latest[-1]
    east, north = (int(columns[name][newest]) // GRID_UNITS * GRID_UNITS for name in ("lng", "lat"))
    ids = (columns["id"][latest].astype(np.int64) + columns.first_id).tolist()
    return RepeatedPosition(
        lng=east / POSITION_UNITS, lat=north / POSITION_UNITS, n=len(rows), open=int(np.count_nonzero(is_open)),
        district=int(columns["district"][newest]), themes=ranked, ids=ids,
    )  # fmt: skip
