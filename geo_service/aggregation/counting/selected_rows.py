"""The rows of a selection with their groups: extracted once, so that later passes read compact arrays."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS, collect_rows
from geo_service.aggregation.arrays.parallel import RowRange, map_parts, split_ranges, split_rows, sum_parts
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.selection.selection import Selection

Groups = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class SelectedRows:
    """Equally long columns, in the order of the replica's rows."""

    rows: NDArray[np.int32]
    """Row numbers in `Columns`."""
    groups: Groups
    """Group of each row in the grouping."""
    state: NDArray[np.uint8]
    """Bits: selected (always set), open, overdue, closed, as in `kernels.CHANNELS`."""

    def __len__(self) -> int:
        return len(self.rows)


def select_rows(columns: Columns, selection: Selection, grouping: Grouping) -> SelectedRows:
    """Return the rows of `selection` with their groups."""
    window = selection.window
    tables = columns.tables(selection)

    def fill(out: tuple[Groups, Groups, NDArray[np.uint8]], spans: list[RowRange]) -> int:
        at = 0
        for bounds, timed in spans:
            span = (window.start, window.stop) if timed else None
            at = collect_rows(out, at, bounds, columns[grouping.column], grouping.group_of, columns.rows(), tables, span, selection.now)
        return at

    spans = columns.candidate_ranges(window.start, window.stop)
    room = sum(high - low for (low, high), _ in spans)
    rows, groups, state = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint8)
    pieces = split_rows(room)
    taken = map_parts(fill, [(rows[piece], groups[piece], state[piece]) for piece in pieces], split_ranges(spans))
    first, end = taken[0], sum(taken)
    if len(taken) > 1 and first < pieces[1].start:
        # Close the gap between the first and the second part.
        for column in (rows, groups, state):
            column[first:end] = column[pieces[1].start : pieces[1].start + taken[1]]
    return SelectedRows(rows[:end], groups[:end], state[:end])


def count_by_group(groups: Groups, state: NDArray[np.uint8], size: int) -> NDArray[np.int32]:
    """Return (size, 4) int32: the count of each group, and how many are open, overdue, closed."""

    def count(piece: slice) -> NDArray[np.int32]:
        counts = np.zeros((size, 16), np.int32)
        _count_by_state(counts, groups[piece], state[piece])
        return counts

    by_state = sum_parts(count, split_rows(len(groups), size))
    bits = (np.arange(16, dtype=np.int32)[:, None] >> np.arange(len(CHANNELS), dtype=np.int32)) & 1
    return np.asarray(by_state @ bits, np.int32)


def cross_counts(taken: SelectedRows, column: NDArray[Any], size: int, width: int) -> NDArray[np.int32]:
    """Return (size, width) int32: how many rows of each group have each value of a column, values below `width`."""

    def count(piece: slice) -> NDArray[np.int32]:
        counts = np.zeros((size, width), np.int32)
        _cross_counts(counts, taken.groups[piece], taken.rows[piece], column)
        return counts

    return sum_parts(count, split_rows(len(taken), size))


def map_to_groups(rows: NDArray[np.int32], column: NDArray[Any], group_of: NDArray[np.int32]) -> Groups:
    """Return (rows,) `group_of[column[row]]`; with an empty table the value is the group."""
    out = np.empty(len(rows), np.int32)
    map_parts(lambda piece: _map_to_groups(out[piece], rows[piece], column, group_of), split_rows(len(rows)))
    return out


def assign_buckets(rows: NDArray[np.int32], instants: NDArray[np.uint32], edges: NDArray[np.int64]) -> Groups:
    """Return (rows,) the bucket [edges[i], edges[i + 1]) of each row's instant; the first or last one for instants outside.

    edges: ascending, at least two. Fast for rows that are nearly in time order.
    """
    out = np.empty(len(rows), np.int32)
    map_parts(lambda piece: _assign_buckets(out[piece], rows[piece], instants, edges), split_rows(len(rows)))
    return out


@njit(nogil=True, cache=True)
def _cross_counts(out: NDArray[np.int32], groups: Groups, rows: NDArray[np.int32], column: NDArray[Any]) -> None:
    for i in range(len(rows)):
        out[groups[i], column[rows[i]]] += 1


@njit(nogil=True, cache=True)
def _map_to_groups(out: Groups, rows: NDArray[np.int32], column: NDArray[Any], group_of: NDArray[np.int32]) -> None:
    if group_of.size:
        for i in range(len(rows)):
            out[i] = group_of[column[rows[i]]]
    else:
        for i in range(len(rows)):
            out[i] = column[rows[i]]


@njit(nogil=True, cache=True)
def _assign_buckets(out: Groups, rows: NDArray[np.int32], instants: NDArray[np.uint32], edges: NDArray[np.int64]) -> None:
    bucket, last = 0, len(edges) - 2
    for i in range(len(rows)):
        instant = np.int64(instants[rows[i]])
        while bucket < last and instant >= edges[bucket + 1]:
            bucket += 1
        while bucket > 0 and instant < edges[bucket]:
            bucket -= 1
        out[i] = bucket


@njit(nogil=True, cache=True)
def _count_by_state(out: NDArray[np.int32], groups: Groups, state: NDArray[np.uint8]) -> None:
    for i in range(len(groups)):
        out[groups[i], state[i]] += 1
