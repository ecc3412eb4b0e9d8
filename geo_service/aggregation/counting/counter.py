"""Counts of a selection: per cell of a level, or per group of any column; computed once and shared.

A counts array is (groups, 4) int32, channels n, open, overdue, closed (`kernels.CHANNELS`); each channel is contiguous.
"""

from collections.abc import Callable, Hashable
from operator import attrgetter
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS, count_rows, roll_up
from geo_service.aggregation.arrays.parallel import RowRange, count_ranges, split_ranges, sum_parts
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy, Indexes
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import FINEST_RESOLUTION

Counts = NDArray[np.int32]

T = TypeVar("T")

_VALUES_CACHED = 10_000
"""Results without arrays, such as class breaks: about 1 kB each with their key."""
_KEY_IS_GROUP = np.empty(0, np.int32)


class Counter:
    """Counts selections over columns; results stay in `ResultCache`, by keys that hold every selection they are computed from."""

    def __init__(self, columns: Columns, pyramid: H3Hierarchy, limit: int, changes: ChangeLog) -> None:
        """limit: bytes of cached arrays. changes: of the columns."""
        self._columns = columns
        self._pyramid = pyramid
        # An array that is larger than the whole cache is cached alone: the next tile of the same query wants it.
        self._arrays: ResultCache[Hashable, NDArray[Any]] = ResultCache(limit, attrgetter("nbytes"), changes, stores_oversized=True)
        self._values: ResultCache[Hashable, Any] = ResultCache(_VALUES_CACHED, changes=changes)
        self.arrays_computed = 0
        """How often an array was not in the cache."""

    def per_cell(self, selection: Selection, resolution: int) -> Counts:
        """Return the counts of each cell of a level, by the cell's index. The array is shared: do not write into it."""
        key, cells = (selection, resolution), len(self._pyramid.levels[resolution].cells)
        counts = self._find(key, cells)
        if counts is None:
            self.arrays_computed += 1
            counts = self._count_cells(selection, resolution, cells)
            self._arrays.put(key, counts)
        return counts

    def cached_array(self, key: Hashable, make: Callable[[], NDArray[Any]], cells: int | None = None) -> NDArray[Any]:
        """Return what `make` returned for this key while that is valid. The array is shared: do not write into it.

        key: holds every selection that the array is computed from. cells: of a level, where the array has an entry for each;
        a cell that comes later holds nothing of a selection whose array is still valid, so the array is only made longer.
        """
        key = key if cells is not None else (key, len(self._pyramid))
        array = self._find(key, cells)
        if array is None:
            self.arrays_computed += 1
            array = make()
            self._arrays.put(key, array)
        return array

    def known_array(self, key: Hashable, cells: int) -> NDArray[Any] | None:
        """Return what `cached_array` would return for a key and cells without computing it; None where it is not cached or not valid."""
        return self._find(key, cells)

    def cached_value(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the same for a value that takes next to no memory and does not depend on how many cells there are."""
        value: T | None = self._values.get(key)
        if value is None:
            value = make()
            self._values.put(key, value)
        return value

    def per_group(self, selection: Selection, column: str, group_of: Indexes, groups: int) -> Counts:
        """Return the counts of each group, where `group_of` leads from a value of the column to its group."""
        tables = self._columns.tables(selection)
        window = selection.window.start, selection.window.stop

        def count(ranges: list[RowRange]) -> Counts:
            out = _zeros(groups)
            count_rows(out, ranges, self._columns[column], group_of, self._columns.rows(), tables, window, selection.now)
            return out

        return sum_parts(count, split_ranges(self._columns.candidate_ranges(*window), groups))

    def _count_cells(self, selection: Selection, resolution: int, cells: int) -> Counts:
        """Roll up from the finest level where that is known or worth knowing; else count on the level itself."""
        if resolution == FINEST_RESOLUTION:
            return self.per_group(selection, "cell", _KEY_IS_GROUP, cells)
        up = self._pyramid.up(resolution)
        finest = self._find((selection, FINEST_RESOLUTION), len(up))
        if finest is None and self._is_worth_rolling_up(selection, resolution):
            finest = self.per_cell(selection, FINEST_RESOLUTION)
        if finest is None:
            return self.per_group(selection, "cell", up, cells)
        out = _zeros(cells)
        roll_up(out, finest, up)
        return out

    def _is_worth_rolling_up(self, selection: Selection, resolution: int) -> bool:
        """Whether another level of the selection was counted before, and its window has more rows than there are finest cells."""
        key = (selection, "first counted on")
        first = self._values.get(key)
        if first is None:
            self._values.put(key, resolution)
            return False
        window = selection.window
        return first != resolution and count_ranges(self._columns.candidate_ranges(window.start, window.stop)) > len(self._pyramid)

    def _find(self, key: Hashable, cells: int | None) -> NDArray[Any] | None:
        """Return a cached array, made longer where cells have come since."""
        array = self._arrays.get(key)
        if array is not None and cells is not None and len(array) < cells:
            nothing = np.nan if array.dtype.kind == "f" else 0
            array = np.concatenate([array, np.full((cells - len(array), *array.shape[1:]), nothing, array.dtype)])
            self._arrays.put(key, array)
        return array


def _zeros(groups: int) -> Counts:
    """Return zeros whose channels are contiguous: counting goes over one channel at a time, and so does most of what reads counts."""
    return np.zeros((len(CHANNELS), groups), np.int32).T
