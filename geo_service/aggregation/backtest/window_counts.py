"""Counts of the messages of each slot in the windows that end at a Monday, and in the time that is scored.

A slot is a place together with a theme, a sector or nothing, of which there is any message. Compiled; releases the GIL.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.backtest.plan import DAY_S
from geo_service.aggregation.backtest.rankings import FRESH_WEIGHT, HALF_LIFE_DAYS, MEMORY_DAYS, MONTH_DAYS, WEEK_DAYS

_HALF_LIFE_S = HALF_LIFE_DAYS * DAY_S


class Messages(NamedTuple):
    """Messages in time order: equally long columns."""

    received: NDArray[np.uint32]
    """Seconds since 1970."""
    slot: NDArray[np.int32]


class WeekCounts(NamedTuple):
    """What is known of each slot at a Monday, and what came then."""

    scores: NDArray[np.float64]
    """(4, slots): by the first four of `RANKINGS`."""
    future: NDArray[np.int32]
    """(slots,): messages of the time that is scored."""


def count_week(messages: Messages, slots: int, monday: int, horizon_s: int) -> WeekCounts:
    """Count the windows before `monday` and the horizon from it on."""
    # Year and decayed count side by side: with many slots each access is a cache miss.
    long = np.zeros((slots, 2), np.float64)
    edges = [monday - days * DAY_S for days in (MEMORY_DAYS, MONTH_DAYS, WEEK_DAYS, 0)] + [monday + horizon_s]
    # Of the column's own type: a Python integer would make searchsorted cast the whole column.
    bounds = np.searchsorted(messages.received, np.clip(edges, 0, 0xFFFFFFFF).astype(np.uint32))
    scores, future = np.zeros((4, slots), np.float64), np.zeros(slots, np.int32)
    _count(scores[0], scores[1], long, future, messages.received, messages.slot, bounds, monday)
    scores[2:] = long.T
    return WeekCounts(scores, future)


@njit(nogil=True, cache=True)
def _count(
    week: NDArray[np.float64], month: NDArray[np.float64], long: NDArray[np.float64], future: NDArray[np.int32],
    received: NDArray[np.uint32], slot: NDArray[np.int32], bounds: NDArray[np.int64], monday: int,
) -> None:  # fmt: skip
    """Add each message in time order, so that places with messages of the same instants have exactly equal scores."""
    for i in range(bounds[0], bounds[3]):
        age = np.float64(monday - np.int64(received[i]))
        long[slot[i], 0] += 1.0
        long[slot[i], 1] += 1.0 + FRESH_WEIGHT * 2.0 ** (-age / _HALF_LIFE_S)
    for i in range(bounds[1], bounds[3]):
        month[slot[i]] += 1.0
    for i in range(bounds[2], bounds[3]):
        week[slot[i]] += 1.0
    for i in range(bounds[3], bounds[4]):
        future[slot[i]] += 1
