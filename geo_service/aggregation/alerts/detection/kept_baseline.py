"""Counting the baseline of a day straight from a replica's columns: once a day, 10 M messages in about 0.1 s."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.alerts.areas import Areas, list_areas, list_themes
from geo_service.aggregation.alerts.detection.baseline import GAP_S, LATEST_TEST_S, YEAR_S, BaselineCounts, KeptBaseline
from geo_service.aggregation.alerts.detection.grouped_rows import NEVER, ROWS_BEFORE_HISTORY, Seconds, Whole
from geo_service.aggregation.alerts.history import DAY_S
from geo_service.aggregation.places.place_index import PlaceIndex, find_places
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import LINKED, LocationQuality

_COLUMNS = ("received", "theme", "status", "quality", "district")
_SETTLEMENT = int(LocationQuality.SETTLEMENT)
"""Coarser locations have no place."""


@dataclass(slots=True)
class BaselineKeeper:
    """Keeps the baseline of the present day; counts it anew on another day, and when places, themes or regions are others."""

    _basis: tuple[object, ...] = ()
    _kept: KeptBaseline | None = None

    def get(self, state: ReplicaState, now: int) -> KeptBaseline:
        """Return the baseline of the day of an instant. On the thread that owns the state."""
        index, areas, themes = find_places(state), list_areas(state.catalogue), list_themes(state.catalogue)
        basis = (now // DAY_S, index, index.generation, themes.ids, areas.regions)
        if self._kept is None or basis != self._basis:
            self._kept, self._basis = count_baseline(state, now), basis
        return self._kept


def count_baseline(state: ReplicaState, now: int) -> KeptBaseline:
    """Count the baseline of the day of an instant. On the thread that owns the state."""
    index, areas, themes = find_places(state), list_areas(state.catalogue), list_themes(state.catalogue)
    day = now - now % DAY_S
    stop = day - GAP_S
    start = stop - YEAR_S
    ranges = state.columns.candidate_ranges(max(start - LATEST_TEST_S, 0), max(stop, 0))
    # First all rows, as parts of divided places are numbered when one of their rows is seen.
    places = [index.place_of_rows(slice(low, high)) for (low, high), _ in ranges]
    pair = np.zeros((len(index.places), len(themes)), np.int32)
    theme, seen = np.zeros((len(areas.regions), len(themes)), np.int32), np.zeros(len(areas.regions), np.int64)
    begins = np.full(len(areas.regions), NEVER)
    region_of_place = _regions_of_places(index, areas)
    for ((low, high), _), place in zip(ranges, places, strict=True):
        columns = [state.columns[name][low:high] for name in _COLUMNS]
        _count_rows(pair, theme, seen, place, region_of_place, themes.table, areas.region_table, start, stop, *columns)
    for ((low, high), is_mixed), place in zip(ranges, places, strict=True):
        if not is_mixed:
            columns = [state.columns[name][low:high] for name in ("received", *_COLUMNS[2:])]
            _find_beginnings(
                begins, np.where(seen > 0, seen // ROWS_BEFORE_HISTORY, -1), place, region_of_place, areas.region_table, stop, *columns
            )
    np.add.at(theme, region_of_place, pair)
    counts = BaselineCounts(pair.ravel(), theme.ravel(), pair.sum(axis=1, dtype=np.int32), theme.sum(axis=1, dtype=np.int32))
    return KeptBaseline(day, counts, begins)


def _regions_of_places(index: PlaceIndex, areas: Areas) -> Whole:
    return areas.region_of([place.district for place in index.places])


@njit(nogil=True, cache=True)
def _count_rows(
    pair: NDArray[np.int32], theme: NDArray[np.int32], seen: NDArray[np.int64], place: Whole, region_of_place: Whole, theme_table: Whole,
    region_table: Whole, start: int, stop: int, received: NDArray[np.uint32], theme_id: NDArray[np.uint32], status: NDArray[np.uint8],
    quality: NDArray[np.uint8], district: NDArray[Any],
) -> None:  # fmt: skip
    """Count the messages of [start, stop) by place and theme, those without a place by region and theme, and all by region.

    Earlier ones count by region only.
    """
    last_theme, last_district = len(theme_table) - 1, len(region_table) - 1
    for row in range(len(received)):
        instant = np.int64(received[row])
        if status[row] >= LINKED or instant >= stop:
            continue
        located = quality[row] <= _SETTLEMENT
        region = region_of_place[place[row]] if located else region_table[min(int(district[row]), last_district)]
        seen[region] += 1
        if instant >= start:
            number = theme_table[min(int(theme_id[row]), last_theme)]
            if located:
                pair[place[row], number] += 1
            else:
                theme[region, number] += 1


@njit(nogil=True, cache=True)
def _find_beginnings(
    begins: Seconds, before: NDArray[np.int64], place: Whole, region_of_place: Whole, region_table: Whole, stop: int,
    received: NDArray[np.uint32], status: NDArray[np.uint8], quality: NDArray[np.uint8], district: NDArray[Any],
) -> None:  # fmt: skip
    """Write the receipt of the message of each region that `before` others precede; -1 for none. Rows are in time order."""
    left, last_district = np.count_nonzero(before >= 0), len(region_table) - 1
    for row in range(len(received)):
        if status[row] >= LINKED or np.int64(received[row]) >= stop:
            continue
        located = quality[row] <= _SETTLEMENT
        region = region_of_place[place[row]] if located else region_table[min(int(district[row]), last_district)]
        if before[region] == 0:
            begins[region] = np.int64(received[row])
            left -= 1
            if left == 0:
                return
        before[region] -= 1
