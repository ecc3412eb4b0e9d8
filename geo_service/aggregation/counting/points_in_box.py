"""Incidents within boxes, put together by place: what a tile of points is made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import Rows, Tables, take_rows
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.columns.spatial_index import Box
from geo_service.aggregation.counting.selected_rows import SelectedRows, count_by_group
from geo_service.aggregation.selection.selection import Selection, fit

Indexes = NDArray[np.int32]

_KEY_IS_GROUP = np.empty(0, np.int32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2**64 divided by the golden ratio: multiplied with it, keys that lie close together are spread over a table (Knuth 6.4)."""


@dataclass(frozen=True, slots=True, eq=False)
class PointGroups:
    """Places at which there are selected incidents; incidents at one place have the very same position."""

    newest: Indexes
    """(places,) the row of each place's newest incident; of several received in one second, of that with the largest id."""
    moments: NDArray[np.uint64]
    """(places,) larger for a newer incident, never the same for two."""
    counts: NDArray[np.int32]
    """(places, 4) channels as in `kernels.CHANNELS`."""

    def __len__(self) -> int:
        return len(self.newest)

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "PointGroups":
        """Some of them."""
        return PointGroups(self.newest[which], self.moments[which], self.counts[which])

    def latest(self, most: int) -> "PointGroups":
        """At most so many, those whose newest incident is the latest; that of all stands last: drawn in this order, it is on top."""
        return self.chosen(np.argsort(self.moments)[-most:])


def group_points_in_box(columns: Columns, selection: Selection, boxes: Sequence[Box]) -> PointGroups:
    """The places of a selection within boxes that do not overlap, in no particular order."""
    taken = select_points_in_box(columns, selection, boxes)
    rows = taken.rows
    # First into compact columns: the rows lie far apart, and whoever looks at one after the other waits for each.
    keys = _pair(columns["lng"][rows].view(np.uint32), columns["lat"][rows].view(np.uint32))
    moments = _pair(columns["received"][rows], columns["id"][rows])
    groups, newest = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
    table = np.zeros(1 << (2 * len(rows)).bit_length(), np.int32)
    count = _stack(groups, newest, table, keys, moments)
    found = newest[:count]
    return PointGroups(rows[found], moments[found], count_by_group(groups, taken.state, count))


def select_points_in_box(columns: Columns, selection: Selection, boxes: Sequence[Box]) -> SelectedRows:
    """The rows of a selection within boxes that do not overlap; each is its own group."""
    window = selection.window
    tables = fit(selection.tables(), columns.largest)
    parts = []
    for bounds, timed in columns.candidate_ranges(window.start, window.stop):
        span = (window.start, window.stop) if timed else None
        near = np.concatenate([columns.inside(bounds, box) for box in boxes])
        size = len(near)
        _, rows, state = out = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
        seen = _gathered(columns.rows(), near, tables)
        size = take_rows(out, 0, (0, size), near, _KEY_IS_GROUP, seen, tables, span, selection.now)
        parts.append((rows[:size], state[:size]))
    rows, state = (np.concatenate(part) for part in zip(*parts, strict=True))
    return SelectedRows(rows, rows, state)


def _gathered(columns: Rows, rows: Indexes, tables: Tables) -> Rows:
    """The columns at some rows; those that the tables let through whole are left as they are: nobody looks at them."""
    chosen = {name: column[rows] for name, column in columns._asdict().items() if len(getattr(tables, name, "any"))}
    return columns._replace(**chosen)


def _pair(high: NDArray[np.uint32], low: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Two numbers as one."""
    return high.astype(np.uint64) << np.uint64(32) | low


@njit(nogil=True, cache=True)
def _stack(groups: Indexes, newest: Indexes, table: Indexes, keys: NDArray[np.uint64], moments: NDArray[np.uint64]) -> int:
    """Give equal keys the same group and find where each group's greatest moment stands; how many groups there are.

    table: zeros, a power of two long and longer than the keys: a hash table of groups + 1 with linear probing.
    """
    mask = np.uint64(len(table) - 1)
    count = 0
    for i in range(len(keys)):
        place = ((keys[i] * _SPREAD) >> np.uint64(32)) & mask
        while table[place] and keys[newest[table[place] - 1]] != keys[i]:
            place = (place + np.uint64(1)) & mask
        if not table[place]:
            newest[count] = i
            count += 1
            table[place] = count
        group = table[place] - 1
        groups[i] = group
        if moments[i] > moments[newest[group]]:
            newest[group] = i
    return count
