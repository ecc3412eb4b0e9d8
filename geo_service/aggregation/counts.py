"""Counts of a selection: per cell of a level, or per group of any column; made once and shared.

A counts array is (groups, 4) int32, channels n, open, overdue, closed (`kernels.CHANNELS`), each of which lies together.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.columns import Columns
from geo_service.aggregation.hands import Span, both, halves
from geo_service.aggregation.kernels import CHANNELS, count_rows, roll_up
from geo_service.aggregation.pyramid import Indexes, Pyramid
from geo_service.aggregation.selection import Selection, fit
from geo_service.model import FINEST_RESOLUTION

Counts = NDArray[np.int32]

T = TypeVar("T")

_MADE_KEPT = 10_000
_WORTH_TWO_HANDS = 500_000
"""Rows from which a second core is asked for help."""
_ROWS_A_GROUP = 2
"""Fewer rows a group than this, and putting two arrays of counts together takes the time that was won."""
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
        tables = fit(selection.tables(), self._columns.largest)
        window = selection.window.start, selection.window.stop
        spans = self._columns.spans(*window)

        def count(some: list[Span]) -> Counts:
            out = _zeros(groups)
            count_rows(out, some, self._columns[column], group_of, self._columns.rows(), tables, window, selection.now)
            return out

        if sum(high - low for (low, high), _ in spans) < max(_WORTH_TWO_HANDS, _ROWS_A_GROUP * groups):
            return count(spans)
        left, right = halves(spans)
        mine, others = both(lambda: count(left), lambda: count(right))
        return np.add(mine, others, out=mine)

    def _count_cells(self, selection: Selection, resolution: int) -> Counts:
        """Roll up from the finest level where that is known; else count on the level itself."""
        up = _KEY_IS_GROUP if resolution == FINEST_RESOLUTION else self._pyramid.up(resolution)
        groups = len(self._pyramid.levels[resolution])
        finest = self._kept.get((selection, FINEST_RESOLUTION))
        if finest is None:
            return self.per_group(selection, "cell", up, groups)
        out = _zeros(groups)
        roll_up(out, finest, up)
        return out

    def _keep(self, key: Hashable, made: NDArray[Any]) -> None:
        self._kept[key] = made
        self._held += made.nbytes
        while self._held > self._limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._held -= oldest.nbytes


def _zeros(groups: int) -> Counts:
    """Each channel lies together: counting goes over one at a time, and so does most of what reads the counts."""
    return np.zeros((len(CHANNELS), groups), np.int32).T
