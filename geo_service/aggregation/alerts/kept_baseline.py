"""Counting the baseline of a day straight from a replica's columns: once a day, 10 M messages in about 0.1 s."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.alerts.areas import Areas, list_areas, list_themes
from geo_service.aggregation.alerts.baseline import GAP_S, LATEST_TEST_S, NEVER, YEAR_S, BaselineCounts, KeptBaseline
from geo_service.aggregation.alerts.grouped_rows import Seconds, Whole
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
    theme, first = np.zeros((len(areas.regions), len(themes)), np.int32), np.full(len(areas.regions), NEVER)
    region_of_place = _regions_of_places(index, areas)
    for ((low, high), _), place in zip(ranges, places, strict=True):
        columns = (state.columns[name][low:high] for name in _COLUMNS)
        _count_rows(pair, theme, first, place, region_of_place, themes.table, areas.region_table, start, stop, *columns)
    np.add.at(theme, region_of_place, pair)
    counts = BaselineCounts(pair.ravel(), theme.ravel(), pair.sum(axis=1, dtype=np.int32), theme.sum(axis=1, dtype=np.int32))
    return KeptBaseline(day, counts, first)


def _regions_of_places(index: PlaceIndex, areas: Areas) -> Whole:
    return areas.region_of([place.district for place in index.places])


@njit(nogil=True, cache=True)
def _count_rows(
    pair: NDArray[np.int32], theme: NDArray[np.int32], first: Seconds, place: Whole, region_of_place: Whole, theme_table: Whole,
    region_table: Whole, start: int, stop: int, received: NDArray[np.uint32], theme_id: NDArray[np.uint32], status: NDArray[np.uint8],
    quality: NDArray[np.uint8], district: NDArray[Any],
) -> None:  # fmt: skip
    """Count the messages of [start, stop) by place and theme, and those without a place by region and theme; note the first of each region.

    Earlier ones are only looked at for the first of each region.
    """
    last_theme, last_district = len(theme_table) - 1, len(region_table) - 1
    for row in range(len(received)):
        instant = np.int64(received[row])
        if status[row] >= LINKED or instant >= stop:
            continue
        located = quality[row] <= _SETTLEMENT
        region = region_of_place[place[row]] if located else region_table[min(int(district[row]), last_district)]
        first[region] = min(first[region], instant)
        if instant >= start:
            number = theme_table[min(int(theme_id[row]), last_theme)]
            if located:
                pair[place[row], number] += 1
            else:
                theme[region, number] += 1
