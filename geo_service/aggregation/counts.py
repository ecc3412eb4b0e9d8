"""Counts of a selection: per cell of a level, or per group of any column; made once and shared.

A counts array is (groups, 4) int32, channels n, open, overdue, closed (`kernels.CHANNELS`).
"""

from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.breaks import ClassBreaks, quantile_breaks
from geo_service.aggregation.columns import Columns
from geo_service.aggregation.kernels import CHANNELS, count_rows, roll_up
from geo_service.aggregation.measures import Measure
from geo_service.aggregation.pyramid import Indexes, Pyramid
from geo_service.aggregation.selection import Selection, fit
from geo_service.model import FINEST_RESOLUTION

Counts = NDArray[np.int32]

_BREAKS_KEPT = 10_000
_KEY_IS_GROUP = np.empty(0, np.int32)


class Counter:
    """Counts selections over columns; keeps the latest answers until the incidents change."""

    def __init__(self, columns: Columns, pyramid: Pyramid, limit: int) -> None:
        """limit: bytes of answers to keep."""
        self._columns = columns
        self._pyramid = pyramid
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[tuple[Selection, int], Counts] = OrderedDict()
        self._breaks: dict[tuple[Selection, int, str], ClassBreaks] = {}

    def forget(self) -> None:
        """Drop all answers: the incidents have changed."""
        self._kept.clear()
        self._breaks.clear()
        self._held = 0

    def per_cell(self, selection: Selection, resolution: int) -> Counts:
        """Counts of each cell of a level, by the cell's index. The array is shared: do not write into it."""
        key = (selection, resolution)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        counts = self._count_cells(selection, resolution)
        self._keep(key, counts)
        return counts

    def breaks(self, selection: Selection, resolution: int, measure: Measure) -> ClassBreaks:
        """Class breaks over all cells of a level where the measure is above zero."""
        key = (selection, resolution, measure.code)
        if key not in self._breaks:
            values = measure.values(self.per_cell(selection, resolution))
            self._breaks[key] = quantile_breaks(values[values > 0])
        return self._breaks[key]

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

    def _keep(self, key: tuple[Selection, int], counts: Counts) -> None:
        self._kept[key] = counts
        self._held += counts.nbytes
        while self._held > self._limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._held -= oldest.nbytes
        if len(self._breaks) > _BREAKS_KEPT:
            self._breaks.clear()
