"""Counts of a selection: per cell of a level, or per group of any column; made once and shared.

A counts array is (groups, 4) int32, channels n, open, overdue, closed (`kernels.CHANNELS`), each of which lies together.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS, count_rows, roll_up
from geo_service.aggregation.arrays.parallel import RowRange, map_parts, split_ranges, split_rows, sum_counts
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.columns.h3_hierarchy import H3Hierarchy, Indexes
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.selection.selection import Selection, fit_tables
from geo_service.core.model import FINEST_RESOLUTION

Counts = NDArray[np.int32]

T = TypeVar("T")

_MADE_KEPT = 10_000
_KEY_IS_GROUP = np.empty(0, np.int32)


class Counter:
    """Counts selections over columns; keeps the latest answers until a row changes that they are made from (`kept.ResultCache`)."""

    def __init__(self, columns: Columns, pyramid: H3Hierarchy, limit: int, changes: ChangeLog) -> None:
        """limit: bytes of answers to keep. changes: of the columns."""
        self._columns = columns
        self._pyramid = pyramid
        self._kept: ResultCache[NDArray[Any]] = ResultCache(changes, limit, lambda made: made.nbytes)
        self._made: ResultCache[Any] = ResultCache(changes, _MADE_KEPT, lambda _: 1)

    def clear(self) -> None:
        """Drop all answers."""
        self._kept.clear()
        self._made.clear()

    def per_cell(self, selection: Selection, resolution: int) -> Counts:
        """Counts of each cell of a level, by the cell's index. The array is shared: do not write into it."""
        groups = len(self._pyramid.levels[resolution])
        return self.cached_array((selection, resolution), lambda: self._count_cells(selection, resolution), groups)

    def cached_array(self, key: Hashable, make: Callable[[], NDArray[Any]], cells: int | None = None) -> NDArray[Any]:
        """What `make` gave for this key while it holds. The array is shared: do not write into it.

        key: names every selection that the array is made from (`kept.ResultCache`). cells: of a level, where the array has an
        entry for each; cells that come later hold nothing of these selections, or the array would not hold: it is made longer.
        """
        key = key if cells is not None else (key, len(self._pyramid))
        found = self._find(key, cells)
        if found is None:
            found = make()
            self._kept.put(key, found)
        return found

    def cached_value(self, key: Hashable, make: Callable[[], T]) -> T:
        """The same for what takes next to no memory and does not depend on how many cells there are."""
        found: T | None = self._made.get(key)
        if found is None:
            found = make()
            self._made.put(key, found)
        return found

    def per_group(self, selection: Selection, column: str, group_of: Indexes, groups: int) -> Counts:
        """Counts of each group, where `group_of` leads from a value of the column to its group."""
        tables = fit_tables(selection.tables(), self._columns.largest)
        window = selection.window.start, selection.window.stop
        spans = self._columns.candidate_ranges(*window)

        def count(some: list[RowRange]) -> Counts:
            out = _zeros(groups)
            count_rows(out, some, self._columns[column], group_of, self._columns.rows(), tables, window, selection.now)
            return out

        pieces = split_rows(sum(high - low for (low, high), _ in spans), groups)
        return sum_counts(map_parts(count, split_ranges(spans) if len(pieces) > 1 else [spans]))

    def _count_cells(self, selection: Selection, resolution: int) -> Counts:
        """Roll up from the finest level where that is known or worth knowing; else count on the level itself."""
        finest = self._find((selection, FINEST_RESOLUTION), len(self._pyramid))
        if finest is None and resolution != FINEST_RESOLUTION and self._asked_on_many_levels(selection):
            finest = self.per_cell(selection, FINEST_RESOLUTION)
        up = _KEY_IS_GROUP if resolution == FINEST_RESOLUTION else self._pyramid.up(resolution)
        groups = len(self._pyramid.levels[resolution])
        if finest is None:
            return self.per_group(selection, "cell", up, groups)
        out = _zeros(groups)
        roll_up(out, finest, up)
        return out

    def _asked_on_many_levels(self, selection: Selection) -> bool:
        """Whether it is known on another level already, and has more rows than there are cells to be rolled up."""
        known = any(self._kept.get((selection, level)) is not None for level in self._pyramid.levels)
        return known and self._rows_of(selection) > len(self._pyramid)

    def _rows_of(self, selection: Selection) -> int:
        """How many rows its window has."""
        window = selection.window
        return sum(high - low for (low, high), _ in self._columns.candidate_ranges(window.start, window.stop))

    def _find(self, key: Hashable, cells: int | None) -> NDArray[Any] | None:
        found = self._kept.get(key)
        if found is not None and cells is not None and len(found) < cells:
            nothing = np.nan if found.dtype.kind == "f" else 0
            found = np.concatenate([found, np.full((cells - len(found), *found.shape[1:]), nothing, found.dtype)])
            self._kept.put(key, found)
        return found


def _zeros(groups: int) -> Counts:
    """Each channel lies together: counting goes over one at a time, and so does most of what reads the counts."""
    return np.zeros((len(CHANNELS), groups), np.int32).T
