"""The past that a window is compared with: what shares places have of what is selected, and of everything."""

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.columns.columns import DELETED
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, Window

_DAY_S = 86_400
_LENGTH_S = 365 * _DAY_S
"""A whole year: every season is in it once, every weekday as often as the others."""
_GAP_S = 7 * _DAY_S
"""Between baseline and the end of the window: what grows slowly would raise its own expectation."""
_MIN_DAYS = 30
"""Days with incidents: from less no share can be told."""


def baseline_window(selection: Selection) -> Window:
    """Return the 365 days that end 7 days before the selection's end, or at its beginning where that is earlier.

    Moved back to whole days of UTC, so that all windows of a day share it. Empty where the selection begins in 1970.
    """
    last = min(selection.window.stop, selection.now) - _GAP_S
    stop = max(min(selection.window.start, last), 0) // _DAY_S * _DAY_S
    return Window(max(stop - _LENGTH_S, 0), stop)


def baselines(selection: Selection) -> tuple[Selection, Selection]:
    """Return the same filter without statuses in the baseline's window, and everything in the selected districts and cells there.

    Districts and cells stay: they say of which area a place has a share. `duplicates=merge` stays, too.
    """
    window, statuses = baseline_window(selection), Statuses(once=selection.statuses.once)
    # Nothing in it is overdue by now or not: a fixed instant, so that it stays the same selection.
    everything = Selection(window, window.stop, districts=selection.districts, statuses=statuses, cells=selection.cells)
    same = replace(everything, themes=selection.themes, sources=selection.sources, agencies=selection.agencies)
    return same, everything


def is_long_enough(state: ReplicaState, everything: Selection) -> bool:
    """Return whether a baseline has incidents on at least 30 days (UTC)."""

    def count() -> int:
        window, columns = everything.window, state.columns
        tables = columns.tables(everything)
        seen = np.zeros((window.stop - window.start) // _DAY_S, np.bool_)
        days = 0
        for (low, high), _ in columns.candidate_ranges(window.start, window.stop):
            rows = slice(low, high)
            times = columns["received"][rows], columns["status"][rows]
            places = columns["district"][rows], columns["cell"][rows]
            days = int(_count_days(seen, days, *times, *places, tables.district, tables.cell, window.start, window.stop))
        return days

    return state.counter.cached_value((everything, "days with incidents"), count) >= _MIN_DAYS


@njit(nogil=True, cache=True)
def _count_days(
    seen: NDArray[np.bool_], days: int, received: NDArray[np.uint32], status: NDArray[np.uint8], district: NDArray[np.uint32],
    cell: NDArray[np.int32], districts: NDArray[np.uint8], cells: NDArray[np.uint8], start: int, stop: int,
) -> int:  # fmt: skip
    """Return `days` and how many further days there are, up to as many as are needed: most baselines end this in their first month."""
    for i in range(len(received)):
        if days >= _MIN_DAYS:
            break
        if status[i] == DELETED or not start <= received[i] < stop:
            continue
        if (districts.size and not districts[district[i]]) or (cells.size and not cells[cell[i]]):
            continue
        day = (received[i] - start) // _DAY_S
        if not seen[day]:
            seen[day] = True
            days += 1
    return days
