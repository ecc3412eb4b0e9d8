"""Rows by group, in time order within each: how many of a group were received between two instants is two binary searches."""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

NEVER = 1 << 62
"""An instant later than all others."""
ROWS_BEFORE_HISTORY = 100
"""One in so many rows may be earlier than the history begins."""

Whole = NDArray[np.int32]
Seconds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class GroupedRows:
    """Rows sorted by group and receipt."""

    starts: NDArray[np.int64]
    """(groups + 1,) where each group begins in `order`."""
    order: Whole
    """(rows,) the rows, group after group; those without a group are left out."""
    times: Seconds
    """(rows,) receipts in that order."""

    def count(self, groups: Whole, low: Seconds, high: Seconds) -> Whole:
        """Return for each query how many rows of its group were received in [low, high). int32."""
        out = np.empty(len(groups), np.int32)
        _count(out, self.starts, self.times, groups, low, high)
        return out

    def beginnings(self) -> Seconds:
        """Return when the history of each group begins: when one in a hundred of its rows had been received; NEVER without any.

        Not with the first one: a single row with a wrong date is no history.
        """
        out, sizes = np.full(len(self.starts) - 1, NEVER), np.diff(self.starts)
        some = sizes > 0
        out[some] = self.times[(self.starts[:-1] + sizes // ROWS_BEFORE_HISTORY)[some]]
        return out


def group_rows(groups: Whole, size: int, received: Seconds) -> GroupedRows:
    """Group rows that are in time order. groups: (rows,) from 0 to size - 1; a negative one is left out."""
    starts, order = np.zeros(size + 1, np.int64), np.empty(len(groups), np.int32)
    used = _sort(starts, order, groups)
    return GroupedRows(starts, order[:used], received[order[:used]])


@njit(nogil=True, cache=True)
def _sort(starts: NDArray[np.int64], order: Whole, groups: Whole) -> int:
    """Counting sort, which is stable: a third of the time of `argsort`."""
    for group in groups:
        if group >= 0:
            starts[group + 1] += 1
    for group in range(1, len(starts)):
        starts[group] += starts[group - 1]
    position = starts[:-1].copy()
    for row in range(len(groups)):
        group = groups[row]
        if group >= 0:
            order[position[group]] = row
            position[group] += 1
    return int(starts[-1])


@njit(nogil=True, cache=True)
def find_first(times: Seconds, start: int, stop: int, instant: int) -> int:
    """Return the first position of [start, stop) whose time is not before the instant; `stop` if there is none."""
    while start < stop:
        middle = (start + stop) >> 1
        if times[middle] < instant:
            start = middle + 1
        else:
            stop = middle
    return start


@njit(nogil=True, cache=True)
def _count(out: Whole, starts: NDArray[np.int64], times: Seconds, groups: Whole, low: Seconds, high: Seconds) -> None:
    for i in range(len(groups)):
        first, end = starts[groups[i]], starts[groups[i] + 1]
        begin = find_first(times, first, end, low[i])
        out[i] = find_first(times, begin, end, high[i]) - begin
