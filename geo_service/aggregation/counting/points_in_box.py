"""Incidents within boxes, grouped by position: what a tile of points is made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import Rows, Tables, collect_rows
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.columns.spatial_index import Box
from geo_service.aggregation.counting.selected_rows import SelectedRows, count_by_group
from geo_service.aggregation.selection.selection import Selection

Indexes = NDArray[np.int32]

_KEY_IS_GROUP = np.empty(0, np.int32)
_HASH_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: Fibonacci hashing spreads neighbouring keys over the table (Knuth, TAOCP 6.4)."""


@dataclass(frozen=True, slots=True, eq=False)
class PointGroups:
    """Positions of selected incidents; incidents with exactly the same position are one group."""

    newest: Indexes
    """(points,) the row of each point's newest incident; of several received in one second, that with the largest id."""
    moments: NDArray[np.uint64]
    """(points,) larger for a newer incident, unique."""
    counts: NDArray[np.int32]
    """(points, 4) channels as in `kernels.CHANNELS`."""

    def __len__(self) -> int:
        return len(self.newest)

    def subset(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "PointGroups":
        """Return a subset of the points."""
        return PointGroups(self.newest[which], self.moments[which], self.counts[which])

    def latest(self, most: int) -> "PointGroups":
        """Return the `most` points with the newest incidents, oldest first: drawn in this order, the newest is on top."""
        return self.subset(np.argsort(self.moments)[-most:])


def group_points_in_box(columns: Columns, selection: Selection, boxes: Sequence[Box]) -> PointGroups:
    """Return the points of a selection within disjoint boxes, in no particular order."""
    taken = select_points_in_box(columns, selection, boxes)
    rows = taken.rows
    # Gather into compact columns first: the rows are scattered, and reading them one by one waits for memory each time.
    keys = _pair(columns["lng"][rows].view(np.uint32), columns["lat"][rows].view(np.uint32))
    moments = _pair(columns["received"][rows], columns["id"][rows])
    groups, newest = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    table = np.zeros(1 << (2 * len(rows)).bit_length(), np.int32)
    count = _group_equal_keys(groups, newest, table, keys, moments)
    newest_of_group = newest[:count]
    return PointGroups(rows[newest_of_group], moments[newest_of_group], count_by_group(groups, taken.state, count))


def select_points_in_box(columns: Columns, selection: Selection, boxes: Sequence[Box]) -> SelectedRows:
    """Return the rows of a selection within disjoint boxes; each row is its own group."""
    window = selection.window
    tables = columns.tables(selection)
    parts = []
    for bounds, timed in columns.candidate_ranges(window.start, window.stop):
        span = (window.start, window.stop) if timed else None
        near = np.concatenate([columns.rows_in_box(bounds, box) for box in boxes])
        size = len(near)
        _, rows, state = out = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
        seen = _gather_columns(columns.rows(), near, tables)
        size = collect_rows(out, 0, (0, size), near, _KEY_IS_GROUP, seen, tables, span, selection.now)
        parts.append((rows[:size], state[:size]))
    rows, state = (np.concatenate(part) for part in zip(*parts, strict=True))
    return SelectedRows(rows, rows, state)


def _gather_columns(columns: Rows, rows: Indexes, tables: Tables) -> Rows:
    """Gather the columns at `rows`; columns without a filter are left as they are, as nothing reads them."""
    chosen = {name: column[rows] for name, column in columns._asdict().items() if len(getattr(tables, name, "any"))}
    return columns._replace(**chosen)


def _pair(high: NDArray[np.uint32], low: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Return two 32-bit numbers as one of 64 bits."""
    return high.astype(np.uint64) << np.uint64(32) | low


@njit(nogil=True, cache=True)
def _group_equal_keys(groups: Indexes, newest: Indexes, table: Indexes, keys: NDArray[np.uint64], moments: NDArray[np.uint64]) -> int:
    """Give equal keys the same group, find each group's newest entry, and return the number of groups.

    table: zeros, length a power of two above the number of keys: a hash table of group + 1 with linear probing.
    """
    mask = np.uint64(len(table) - 1)
    count = 0
    for i in range(len(keys)):
        slot = ((keys[i] * _HASH_MULTIPLIER) >> np.uint64(32)) & mask
        while table[slot] and keys[newest[table[slot] - 1]] != keys[i]:
            slot = (slot + np.uint64(1)) & mask
        if not table[slot]:
            newest[count] = i
            count += 1
            table[slot] = count
        group = table[slot] - 1
        groups[i] = group
        if moments[i] > moments[newest[group]]:
            newest[group] = i
    return count
