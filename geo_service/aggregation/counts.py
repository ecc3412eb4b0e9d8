"""Counts of a selection: per cell of a level, or per group of any column; made once and shared.

A counts array is (groups, 4) int32, channels n, open, overdue, closed (`kernels.CHANNELS`).
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.columns import Columns
from geo_service.aggregation.kernels import CHANNELS, count_rows, roll_up
from geo_service.aggregation.pyramid import Indexes, Pyramid
from geo_service.aggregation.selection import Selection, fit
from geo_service.model import FINEST_RESOLUTION

Counts = NDArray[np.int32]

T = TypeVar("T")

_MADE_KEPT = 10_000
_KEY_IS_GROUP = np.empty(0, np.int32)


class Counter:
    """Counts selections over columns; keeps the latest answers until the incidents change."""

    def __init__(self, columns: Columns, pyramid: Pyramid, limit: int) -> None:
        """limit: bytes of answers to keep."""
        self._columns = columns
        self._pyramid = pyramid
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._made: dict[Hashable, Any] = {}

    def forget(self) -> None:
        """Drop all answers: the incidents have changed."""
        self._kept.clear()
        self._made.clear()
        self._held = 0

    def per_cell(self, selection: Selection, resolution: int) -> Counts:
        """Counts of each cell of a level, by the cell's index. The array is shared: do not write into it."""
        return self.array((selection, resolution), lambda: self._count_cells(selection, resolution))

    def array(self, key: Hashable, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """What `make` gave for this key since the incidents last changed. The array is shared: do not write into it."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        made = make()
        self._keep(key, made)
        return made

    def small(self, key: Hashable, make: Callable[[], T]) -> T:
        """The same for what takes next to no memory."""
        if key not in self._made:
            if len(self._made) >= _MADE_KEPT:
                self._made.clear()
            self._made[key] = make()
        found: T = self._made[key]
        return found

    def per_group(self, selection: Selection, column: str, group_of: Indexes, groups: int) -> Counts:
        """Counts of each group, where `group_of` leads from a value of the column to its group."""
        out = np.zeros((groups, len(CHANNELS)), np.int32)
        tables = fit(selection.tables(), self._columns.largest)
        window = selection.window
        for bounds, timed in self._columns.spans(window.start, window.stop):
            span = (window.start, window.stop) if timed else None
            count_rows(out, bounds, self._columns[column], group_of, self._columns.rows(), tables, span, selection.now)
        return out

    def _count_cells(self, selection: Selection, resolution: int) -> Counts:
        """Roll up from the finest level where that is there or will pay; else count on the level itself.

        Counting on the level costs a step a row, rolling up a step a finest cell: a short window has fewer
        rows than there are cells, a long one serves every other level with one pass.
        """
        finest = self._kept.get((selection, FINEST_RESOLUTION))
        if finest is None and resolution != FINEST_RESOLUTION and self._rows_in(selection) > len(self._pyramid):
            finest = self.per_cell(selection, FINEST_RESOLUTION)
        up = _KEY_IS_GROUP if resolution == FINEST_RESOLUTION else self._pyramid.up(resolution)
        groups = len(self._pyramid.levels[resolution])
        if finest is None:
            return self.per_group(selection, "cell", up, groups)
        out = np.zeros((groups, len(CHANNELS)), np.int32)
        roll_up(out, finest, up)
        return out

    def _rows_in(self, selection: Selection) -> int:
        return sum(high - low for (low, high), _ in self._columns.spans(selection.window.start, selection.window.stop))

    def _keep(self, key: Hashable, made: NDArray[Any]) -> None:
        self._kept[key] = made
        self._held += made.nbytes
        while self._held > self._limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._held -= oldest.nbytes
