"""Incidents without a place: they are counted, and drawn nowhere."""

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.growing import Array
from geo_service.aggregation.kernels import CHANNELS, Rows, count_rows
from geo_service.aggregation.selection import Selection, fit

_FILTERED = ("theme", "source", "agency", "district")
_ONE_GROUP = np.zeros(1, np.int32)


class Unplaced:
    """Few, so one array of records is enough; used on the worker thread only."""

    def __init__(self, batch: Array) -> None:
        """batch: BATCH rows, each with cell 0 and an id of its own."""
        self._rows = batch[np.argsort(batch["id"])]

    def __len__(self) -> int:
        return len(self._rows)

    def apply(self, batch: Array, gone: NDArray[np.int64]) -> int:
        """Take in rows without a place, and drop those that were deleted or have one now (`gone`, ids); how many are others."""
        if not len(batch) and not len(self._rows):
            return 0
        before = self._rows
        leaving = np.isin(before["id"], np.concatenate([batch["id"], gone]))
        self._rows = np.concatenate([before[~leaving], batch])
        return len(np.setxor1d(before[leaving], batch)) if leaving.any() else len(batch)

    def count(self, selection: Selection) -> int:
        """How many the selection takes."""
        out = np.zeros((1, len(CHANNELS)), np.int32)
        rows = self._rows
        columns = {name: np.ascontiguousarray(rows[name]) for name in Rows._fields}
        tables = fit(selection.tables(), {name: int(columns[name].max(initial=0)) for name in _FILTERED})
        window = (selection.window.start, selection.window.stop)
        count_rows(out, (0, len(rows)), np.zeros(len(rows), np.int32), _ONE_GROUP, Rows(**columns), tables, window, selection.now)
        return int(out[0, 0])
