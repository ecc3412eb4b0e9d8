"""The incidents as columns: a base in time order, followed by a tail of late arrivals in order of arrival.

Rows are found by id through a dense table, updated in place, and deleted by a status that no selection contains.
About 58 bytes an incident. Not thread-safe; `Replica` uses it from one thread only.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array, GrowableArray
from geo_service.aggregation.arrays.kernels import Rows, Tables
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.h3_hierarchy import Level
from geo_service.aggregation.columns.pending_deadlines import PENDING_DUE, column_types, pending_deadlines
from geo_service.aggregation.columns.spatial_index import Box, SpatialIndex
from geo_service.aggregation.selection.cell_set import finest_ranges
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.sql.incident_columns import batch_dtype, filter_fields

BATCH = batch_dtype()
"""A batch of incidents as read from the database. Instants (seconds since 1970) and foreign ids are 0 for "none"; cell 0 is "not located".

lng and lat are in `POSITION_UNITS` a degree; status and quality are numbers of `Status` and `LocationQuality`.
"""

POSITION_UNITS = 10_000_000
"""Positions are whole ten-millionths of a degree: 1.1 cm at the equator, and 180° still fits 32 bits."""

DELETED = 255
"""Status of a deleted row."""

_STORED = column_types()
_FILTERED = filter_fields()
_NO_ROW = -1
_SEARCH_BLOCK = 4096
"""Rows a step in the search for a row that is not deleted."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many incidents were added, updated and deleted."""

    new: int = 0
    changed: int = 0
    deleted: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.deleted)

    def __add__(self, other: "Change") -> "Change":
        return Change(self.new + other.new, self.changed + other.changed, self.deleted + other.deleted)


@dataclass(frozen=True, slots=True)
class Merge:
    """The result of a merge: the columns from row `first` on, in time order."""

    first: int
    region: dict[str, Array]


class Columns:
    """All located incidents. `base` is the number of rows in time order."""

    def __init__(self, batch: Array, cell_index: NDArray[np.int32], changes: ChangeLog | None = None, finest: Level | None = None) -> None:
        """batch: BATCH rows with unique ids; cell_index: indexes of their cells in the hierarchy.

        changes: records what changes from now on. finest: the hierarchy's finest level; without it no cells can be selected.
        """
        self._finest = finest or Level(np.empty(0, np.uint64))
        self._changes = changes or ChangeLog()
        order = _stable_order(batch["received"])
        self._first_id = int(batch["id"].min()) if len(batch) else 1
        stored = self._convert_batch(batch, cell_index)
        # First copy the field into a column, then sort: gathering from records misses the cache each time.
        self._columns = {name: GrowableArray(stored[name].astype(dtype)[order]) for name, dtype in _STORED.items()}
        self.base = len(batch)
        self._spatial_index = SpatialIndex(self["lng"], self["lat"])
        self._row_of = GrowableArray.empty(np.int32)
        self._index_rows(self._columns["id"].values, 0)
        self.largest = {name: int(batch[name].max(initial=0)) for name in _FILTERED}
        self.live_rows = len(batch)

    def __len__(self) -> int:
        return len(self._columns["id"])

    def __getitem__(self, name: str) -> Array:
        """One column, all rows."""
        return self._columns[name].values

    @property
    def tail_rows(self) -> int:
        """Rows that wait to be merged into time order."""
        return len(self) - self.base

    @property
    def dead_rows(self) -> int:
        """Rows that hold no incident any more: deleted, or moved to another row."""
        return len(self) - self.live_rows

    @property
    def nbytes(self) -> int:
        """Bytes allocated."""
        return sum(column.nbytes for column in self._columns.values()) + self._row_of.nbytes + self._spatial_index.nbytes

    @property
    def first_id(self) -> int:
        """The id that the column `id` counts from."""
        return self._first_id

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the rows of the incidents among `ids` that exist."""
        rows = self._rows(ids)
        return np.asarray(rows[rows >= 0], np.int64)

    def ids(self, rows: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the database ids of rows."""
        return self["id"][rows].astype(np.int64) + self._first_id

    def id_range(self) -> tuple[int, int] | None:
        """Return bounds of the ids, both inclusive; None where there have never been any."""
        return (self._first_id, self._first_id + len(self._row_of) - 1) if len(self._row_of) else None

    def ids_between(self, first: int, last: int) -> NDArray[np.int64]:
        """Return the ids from `first` to `last` that exist, ascending. int64."""
        start, stop = max(first - self._first_id, 0), max(last + 1 - self._first_id, 0)
        return np.flatnonzero(self._row_of.values[start:stop] != _NO_ROW) + (self._first_id + start)

    def rows(self) -> Rows:
        """Return the columns that counting reads."""
        return Rows._make(map(self.__getitem__, Rows._fields))

    def tables(self, selection: Selection) -> Tables:
        """Return the filter of a selection as look-up tables for the kernels."""
        if selection.cells is None:
            return selection.tables(self.largest)
        return selection.tables(self.largest, self._finest.mark_inside(finest_ranges(selection.cells)))

    def candidate_ranges(self, start: int, stop: int) -> list[tuple[tuple[int, int], bool]]:
        """Return row ranges that may hold instants of [start, stop), each with whether its instants must be checked."""
        received = self["received"]
        # Of the column's own type: a Python integer would make searchsorted cast the whole column.
        low, high = np.searchsorted(received[: self.base], np.array([start, stop], np.uint32))
        ordered = ((int(low), int(high)), False)
        return [ordered, ((self.base, len(received)), True)] if len(received) > self.base else [ordered]

    def rows_in_box(self, bounds: tuple[int, int], box: Box) -> NDArray[np.int32]:
        """Return which of the rows `bounds[0]:bounds[1]` lie within a box, in no particular order, deleted ones included. int32."""
        return self._spatial_index.rows_in_box(self["lng"], self["lat"], bounds, box)

    def extent(self) -> tuple[int, int] | None:
        """Return the earliest and latest instant, seconds; None when there are no incidents."""
        received = self["received"]
        instants: list[int] = []
        # The base is in time order, so only its ends are read.
        status = self["status"][: self.base]
        first = _first_live_row(status)
        if first is not None:
            last = self.base - 1 - (_first_live_row(status[::-1]) or 0)
            instants += [int(received[first]), int(received[last])]
        tail = received[self.base :][self["status"][self.base :] != DELETED]
        if len(tail):
            instants += [int(tail.min()), int(tail.max())]
        return (min(instants), max(instants)) if instants else None

    def apply(self, batch: Array, cell_index: NDArray[np.int32]) -> Change:
        """Insert or update incidents; `batch` has unique ids and valid cells.

        Rows equal to the stored ones change nothing and are not counted.
        """
        if not len(self._row_of) and len(batch):
            self._first_id = int(batch["id"].min())
        self._extend_left(batch["id"])
        rows = self._rows(batch["id"])
        known = rows >= 0
        fresh = self._convert_batch(batch, cell_index)
        differs = known.copy()
        differs[known] = np.any([self[name][rows[known]] != fresh[name][known] for name in _STORED], axis=0)
        # Time order is by `received`: a row whose instant changed moves to the tail.
        moved = differs.copy()
        moved[differs] = self["received"][rows[differs]] != batch["received"][differs]
        in_place = differs & ~moved
        self._changes.record({name: self[name][rows[differs]] for name in _STORED})
        self._changes.record({name: column[differs | ~known] for name, column in fresh.items()})
        self._spatial_index.invalidate(rows[in_place])
        for name in _STORED:
            self[name][rows[in_place]] = fresh[name][in_place]
        self["status"][rows[moved]] = DELETED
        self._append({name: column[~known | moved] for name, column in fresh.items()})
        self.largest = {name: max(self.largest[name], int(batch[name].max(initial=0))) for name in _FILTERED}
        new = int(np.count_nonzero(~known))
        self.live_rows += new
        return Change(new=new, changed=int(np.count_nonzero(differs)))

    def delete(self, ids: NDArray[np.int64]) -> Change:
        """Delete incidents; unknown ids are ignored."""
        rows = self._rows(ids)
        rows = np.unique(rows[rows >= 0])
        self._changes.record({name: self[name][rows] for name in _STORED})
        self["status"][rows] = DELETED
        self._row_of.values[self["id"][rows]] = _NO_ROW
        self.live_rows -= len(rows)
        return Change(deleted=len(rows))

    def merge(self) -> Merge:
        """Compute the time order of base and tail; changes nothing, so readers may continue meanwhile.

        Only rows from the tail's earliest instant on can move: for live arrivals, the tail itself.
        """
        received = self["received"]
        earliest = received[self.base :].min(initial=np.uint32(0xFFFFFFFF))
        first = int(np.searchsorted(received[: self.base], earliest, side="right"))
        order = _stable_order(received[first:])
        # Deleted rows stay as tombstones: removing them would move every later row.
        return Merge(first, {name: self[name][first:][order] for name in _STORED})

    def apply_merge(self, merge: Merge) -> None:
        """Apply a merge; nothing may have changed since it was computed."""
        for name, region in merge.region.items():
            self[name][merge.first :] = region
        alive = merge.region["status"] != DELETED
        self._row_of.values[merge.region["id"][alive]] = merge.first + np.flatnonzero(alive)
        self.base = len(self)
        self._spatial_index.invalidate_from(merge.first, self.base)

    def _convert_batch(self, batch: Array, cell_index: NDArray[np.int32]) -> dict[str, Array]:
        """Return the batch as columns, in its order."""
        columns = {name: batch[name] for name in BATCH.names or ()}
        return columns | {"id": batch["id"] - self._first_id, "cell": cell_index, PENDING_DUE: pending_deadlines(batch)}

    def _extend_left(self, ids: NDArray[np.int64]) -> None:
        """Make room for ids below the first: a transaction that was open at the first load may add some."""
        missing = self._first_id - int(ids.min(initial=self._first_id))
        if missing:
            self._first_id -= missing
            self["id"][:] += np.uint32(missing)
            self._row_of = GrowableArray(np.concatenate([np.full(missing, _NO_ROW, np.int32), self._row_of.values]))

    def _rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row of each id, -1 for unknown ids."""
        offsets = ids - self._first_id
        inside = (offsets >= 0) & (offsets < len(self._row_of))
        rows = np.full(len(ids), _NO_ROW, np.int64)
        rows[inside] = self._row_of.values[offsets[inside]]
        return rows

    def _append(self, columns: dict[str, Array]) -> None:
        first = len(self)
        for name, column in columns.items():
            self._columns[name].append(column)
        self._index_rows(columns["id"], first)

    def _index_rows(self, offsets: Array, first_row: int) -> None:
        """Map ids (as offsets from the first id) to consecutive rows from `first_row` on."""
        needed = int(offsets.max()) + 1 if len(offsets) else 0
        if needed > len(self._row_of):
            self._row_of.resize(needed, fill=_NO_ROW)
        self._row_of.values[offsets] = np.arange(first_row, first_row + len(offsets), dtype=np.int32)


def _first_live_row(status: NDArray[np.uint8]) -> int | None:
    """Return the first row that holds an incident; None if there is none."""
    for start in range(0, len(status), _SEARCH_BLOCK):
        alive = status[start : start + _SEARCH_BLOCK] != DELETED
        if alive.any():
            return start + int(alive.argmax())
    return None


def _stable_order(values: NDArray[np.uint32]) -> NDArray[np.int64]:
    """Return `argsort(kind="stable")` in a third of its time: value and row are sorted as one 64-bit number."""
    packed = values.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(values), dtype=np.uint64)
    packed.sort()
    packed &= np.uint64(0xFFFFFFFF)
    return packed.view(np.int64)
