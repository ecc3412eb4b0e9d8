"""Incidents without a location: counted, but not drawn."""

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.arrays.kernels import CHANNELS, Rows, count_rows
from geo_service.aggregation.columns.pending_deadlines import PENDING_DUE, pending_deadlines
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.sql.incident_columns import filter_fields

_FILTERED = filter_fields()
_ONE_GROUP = np.zeros(256, np.int32)


class UnlocatedIncidents:
    """The unlocated incidents as one array of records: there are few. Used on the worker thread only."""

    def __init__(self, batch: Array) -> None:
        """batch: BATCH rows with cell 0 and unique ids."""
        self._rows = batch[np.argsort(batch["id"])]
        self._columns = _counted_columns(self._rows)
        self._largest = _largest(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def apply(self, batch: Array, gone: NDArray[np.int64]) -> int:
        """Insert or update unlocated rows, drop those deleted or located since (`gone`, ids); return how many have changed."""
        before = self._rows
        leaving = np.isin(before["id"], np.concatenate([batch["id"], gone]))
        some_leave = bool(leaving.any())
        if not len(batch) and not some_leave:
            return 0
        self._replace_rows(~leaving if some_leave else slice(None), batch)
        # An updated row is in the difference twice, before and after.
        return len(np.unique(np.setxor1d(before[leaving], batch)["id"])) if some_leave else len(batch)

    def id_range(self) -> tuple[int, int] | None:
        """Return the least and the greatest id; None where there are none."""
        ids = self._rows["id"]
        return (int(ids.min()), int(ids.max())) if len(ids) else None

    def ids_between(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the ids from `first` to `last` that exist. int64."""
        ids: NDArray[np.int64] = self._rows["id"]
        return ids[(ids >= first) & (ids <= last)]

    def find(self, id_: int) -> Array:
        """Return the incident with the id as BATCH rows: one or none."""
        rows: Array = self._rows[self._rows["id"] == id_]
        return rows

    def count(self, selection: Selection) -> int:
        """Count the selected incidents. None of them lies in a cell."""
        if selection.cells is not None:
            return 0
        out = np.zeros((1, len(CHANNELS)), np.int32)
        columns, everything = self._columns, [((0, len(self._rows)), True)]
        window = (selection.window.start, selection.window.stop)
        tables = selection.tables(self._largest)
        count_rows(out, everything, columns.status, _ONE_GROUP, columns, tables, window, selection.now)
        return int(out[0, 0])

    def _replace_rows(self, kept: NDArray[np.bool_] | slice, batch: Array) -> None:
        """Drop the rows that are not kept and append the batch. Columns are copied rather than extracted again, which is slower."""
        self._rows = _concatenate_records(self._rows[kept], batch)
        columns: zip[tuple[Array, Array]] = zip(self._columns, _counted_columns(batch), strict=True)
        self._columns = Rows(*(np.concatenate([before[kept], after]) for before, after in columns))
        # A dropped row may have held the largest id; a table that is too long does no harm.
        self._largest = {name: max(largest, self._largest[name]) for name, largest in _largest(batch).items()}


def _counted_columns(batch: Array) -> Rows:
    made = {PENDING_DUE: pending_deadlines(batch), "cell": np.zeros(len(batch), np.int32)}
    return Rows(*(np.ascontiguousarray(made[name] if name in made else batch[name]) for name in Rows._fields))


def _concatenate_records(first: Array, second: Array) -> Array:
    """Concatenate as bytes: NumPy joins records field by field, which takes six times as long."""
    joined: Array = np.concatenate([part.view(f"V{part.dtype.itemsize}") for part in (first, second)]).view(first.dtype)
    return joined


def _largest(rows: Array) -> dict[str, int]:
    return {name: int(rows[name].max(initial=0)) for name in _FILTERED}
