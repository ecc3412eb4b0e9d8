"""The incidents as columns: a base in time order, and behind it a tail of late arrivals in the order they came.

Rows are found by id through a dense table, changed in place, and deleted by a status that no selection takes.
About 54 bytes an incident. Nothing here is safe to call from two threads at once; `Replica` sees to that.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array, GrowableArray
from geo_service.aggregation.arrays.kernels import Rows
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.spatial_index import Box, SpatialIndex

BATCH = np.dtype(
    [
        ("id", np.int64), ("cell", np.uint64), ("received", np.uint32), ("due", np.uint32), ("answered", np.uint32),
        ("closed", np.uint32), ("theme", np.uint32), ("source", np.uint16), ("agency", np.uint32),
        ("district", np.uint32), ("status", np.uint8), ("quality", np.uint8), ("lng", np.int32), ("lat", np.int32),
    ]
)  # fmt: skip
"""Incidents on their way in. Seconds since 1970 and ids of other tables are 0 for "none"; cell 0 is "without place".

lng and lat count `POSITION_UNITS` to the degree; status and quality are numbers of `Status` and `LocationQuality`.
"""

POSITION_UNITS = 10_000_000
"""Positions are whole ten-millionths of a degree: 1.1 cm at the equator, and 180° still fits 32 bits."""

DELETED = 255
"""Status of a row that is no more."""

_STORED = {name: BATCH[name] for name in BATCH.names or ()} | {"id": np.dtype(np.uint32), "cell": np.dtype(np.int32)}
_FILTERED = ("theme", "source", "agency", "district")
_NOWHERE = -1
_LOOK = 4096
"""Rows looked at in one go for one that is not deleted."""


@dataclass(frozen=True, slots=True)
class Change:
    """How many incidents came, changed and went."""

    new: int = 0
    changed: int = 0
    deleted: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.deleted)

    def __add__(self, other: "Change") -> "Change":
        return Change(self.new + other.new, self.changed + other.changed, self.deleted + other.deleted)


@dataclass(frozen=True, slots=True)
class Merge:
    """The rows from `first` on as they are to stand once the tail is in its place."""

    first: int
    region: dict[str, Array]


class Columns:
    """All incidents with a place. `base` is the number of rows that are in time order."""

    def __init__(self, batch: Array, cell_index: NDArray[np.int32], changes: ChangeLog | None = None) -> None:
        """batch: BATCH rows with ids that do not repeat; cell_index: their cells' indexes in the pyramid.

        changes: takes down what changes from now on.
        """
        self._changes = changes or ChangeLog()
        order = _stable_order(batch["received"])
        self._first_id = int(batch["id"].min()) if len(batch) else 1
        stored = {name: batch[name] for name in _STORED} | {"id": batch["id"] - self._first_id, "cell": cell_index}
        # First out of the records into a column, then into order: gathering from records misses the cache each time.
        self._columns = {name: GrowableArray(stored[name].astype(dtype)[order]) for name, dtype in _STORED.items()}
        self.base = len(batch)
        self._strips = SpatialIndex(self["lng"], self["lat"])
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
        """How many rows wait to be merged."""
        return len(self) - self.base

    @property
    def dead_rows(self) -> int:
        """Rows that hold no incident any more: deleted, or put anew elsewhere."""
        return len(self) - self.live_rows

    @property
    def nbytes(self) -> int:
        """Memory held."""
        return sum(column.nbytes for column in self._columns.values()) + self._row_of.nbytes + self._strips.nbytes

    @property
    def first_id(self) -> int:
        """The id that the column `id` counts from."""
        return self._first_id

    def find(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of those of the incidents that are here."""
        rows = self._rows(ids)
        return np.asarray(rows[rows >= 0], np.int64)

    def ids(self, rows: NDArray[np.int32] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The incidents' ids, as in the database."""
        return self["id"][rows].astype(np.int64) + self._first_id

    def rows(self) -> Rows:
        """The columns that counting looks at."""
        return Rows(*(self[name] for name in Rows._fields))

    def candidate_ranges(self, start: int, stop: int) -> list[tuple[tuple[int, int], bool]]:
        """Row ranges that may hold instants of [start, stop), each with whether the instants must be looked at."""
        received = self["received"][: self.base]
        # Of the column's own type: a Python integer would make searchsorted cast the whole column.
        low, high = np.searchsorted(received, np.array([start, stop], np.uint32))
        whole = ((int(low), int(high)), False)
        return [whole, ((self.base, len(self)), True)] if self.tail_rows else [whole]

    def inside(self, bounds: tuple[int, int], box: Box) -> NDArray[np.int32]:
        """Which of the rows `bounds[0]:bounds[1]` lie within a box, in no particular order; deleted ones too. int32."""
        return self._strips.inside(self["lng"], self["lat"], bounds, box)

    def extent(self) -> tuple[int, int] | None:
        """The earliest and latest instant held, seconds; None when there is nothing."""
        received = self["received"]
        found: list[int] = []
        # The base is in time order, so only its ends are looked at.
        status = self["status"][: self.base]
        first = _first_alive(status)
        if first is not None:
            last = self.base - 1 - (_first_alive(status[::-1]) or 0)
            found += [int(received[first]), int(received[last])]
        tail = received[self.base :][self["status"][self.base :] != DELETED]
        if len(tail):
            found += [int(tail.min()), int(tail.max())]
        return (min(found), max(found)) if found else None

    def apply(self, batch: Array, cell_index: NDArray[np.int32]) -> Change:
        """Take in new and changed incidents; `batch` holds each id once, and every cell is a real one.

        Rows that are here as they come change nothing and are not counted.
        """
        self._extend_left(batch["id"])
        rows = self._rows(batch["id"])
        known = rows >= 0
        fresh = {name: batch[name] for name in _STORED} | {"id": batch["id"] - self._first_id, "cell": cell_index}
        differs = known.copy()
        differs[known] = np.any([self[name][rows[known]] != fresh[name][known] for name in _STORED], axis=0)
        # Time order is by `received`: a row whose instant moved is put anew at the end.
        moved = differs.copy()
        moved[differs] = self["received"][rows[differs]] != batch["received"][differs]
        in_place = differs & ~moved
        self._changes.record({name: self[name][rows[differs]] for name in _STORED})
        self._changes.record({name: column[differs | ~known] for name, column in fresh.items()})
        self._strips.change(rows[in_place])
        for name in _STORED:
            self[name][rows[in_place]] = fresh[name][in_place]
        self["status"][rows[moved]] = DELETED
        self._append({name: column[~known | moved] for name, column in fresh.items()})
        self.largest = {name: max(self.largest[name], int(batch[name].max(initial=0))) for name in _FILTERED}
        new = int(np.count_nonzero(~known))
        self.live_rows += new
        return Change(new=new, changed=int(np.count_nonzero(differs)))

    def delete(self, ids: NDArray[np.int64]) -> Change:
        """Take away incidents; ids that are not here are passed over."""
        rows = self._rows(ids)
        rows = np.unique(rows[rows >= 0])
        self._changes.record({name: self[name][rows] for name in _STORED})
        self["status"][rows] = DELETED
        self._row_of.values[self["id"][rows]] = _NOWHERE
        self.live_rows -= len(rows)
        return Change(deleted=len(rows))

    def merge(self) -> Merge:
        """Work out where the tail's rows belong; changes nothing, so readers may go on meanwhile.

        Only rows from the tail's earliest instant on can move: for live arrivals, the tail itself.
        """
        received = self["received"]
        earliest = received[self.base :].min(initial=np.uint32(0xFFFFFFFF))
        first = int(np.searchsorted(received[: self.base], earliest, side="right"))
        order = _stable_order(received[first:])
        # Deleted rows stay, as tombs: taking them out would move every row behind them.
        return Merge(first, {name: self[name][first:][order] for name in _STORED})

    def apply_merge(self, merge: Merge) -> None:
        """Put a merge into effect; nothing may have been changed since it was made."""
        for name, region in merge.region.items():
            self[name][merge.first :] = region
        alive = merge.region["status"] != DELETED
        self._row_of.values[merge.region["id"][alive]] = merge.first + np.flatnonzero(alive)
        self.base = len(self)
        self._strips.change_from(merge.first, self.base)

    def _extend_left(self, ids: NDArray[np.int64]) -> None:
        """Make room for ids below the first: a transaction open at the first load may hold some."""
        missing = self._first_id - int(ids.min(initial=self._first_id))
        if missing:
            self._first_id -= missing
            self["id"][:] += np.uint32(missing)
            self._row_of = GrowableArray(np.concatenate([np.full(missing, _NOWHERE, np.int32), self._row_of.values]))

    def _rows(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each id, -1 where it is not here."""
        places = ids - self._first_id
        inside = (places >= 0) & (places < len(self._row_of))
        rows = np.full(len(ids), _NOWHERE, np.int64)
        rows[inside] = self._row_of.values[places[inside]]
        return rows

    def _append(self, columns: dict[str, Array]) -> None:
        first = len(self)
        for name, column in columns.items():
            self._columns[name].append(column)
        self._index_rows(columns["id"], first)

    def _index_rows(self, places: Array, first_row: int) -> None:
        """Let the ids (counted from the first) lead to consecutive rows."""
        needed = int(places.max()) + 1 if len(places) else 0
        if needed > len(self._row_of):
            self._row_of.resize(needed, fill=_NOWHERE)
        self._row_of.values[places] = np.arange(first_row, first_row + len(places), dtype=np.int32)


def _first_alive(status: NDArray[np.uint8]) -> int | None:
    """Place of the first row that holds an incident."""
    for start in range(0, len(status), _LOOK):
        alive = status[start : start + _LOOK] != DELETED
        if alive.any():
            return start + int(alive.argmax())
    return None


def _stable_order(values: NDArray[np.uint32]) -> NDArray[np.int64]:
    """What `argsort(kind="stable")` gives, in a third of its time: value and row sorted as one 64-bit number."""
    packed = values.astype(np.uint64) << np.uint64(32)
    packed |= np.arange(len(values), dtype=np.uint64)
    packed.sort()
    packed &= np.uint64(0xFFFFFFFF)
    return packed.view(np.int64)
