"""What changed in the incidents, and when: each row as it was and as it became.

An answer made at one revision still holds at a later one if its selections take none of the rows in between, neither
as they were nor as they became. The rows of the latest changes are held; what came before them counts as "everything".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array, GrowableArray
from geo_service.aggregation.arrays.kernels import CHANNELS, Rows, count_rows, take_rows
from geo_service.aggregation.selection.selection import Selection, fit
from geo_service.core.model import OPEN_STATUSES

_LIMIT = 100_000
"""Rows held at most, 3 MB; testing a selection against all of them takes a quarter of a millisecond."""

_FILTERED = ("theme", "source", "agency", "district")
_FIELDS = (*Rows._fields, "cell")
_TYPES = dict.fromkeys(_FIELDS, np.uint32) | {"status": np.uint8, "source": np.uint16, "cell": np.int32}
_ONE_GROUP = np.zeros(256, np.int32)


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """One moment of the log; never changed, so that any thread may look at it."""

    revision: int
    since: int
    """The rows of all changes after this revision are here."""
    revisions: NDArray[np.int64]
    """(rows,) ascending."""
    columns: Mapping[str, Array]
    """(rows,) each; the cell is an index of the pyramid."""
    largest: Mapping[str, int]


class ChangeLog:
    """Written by the replica's thread, read by any."""

    def __init__(self, revision: int = 0, limit: int = _LIMIT) -> None:
        """revision: of the incidents as they are now. limit: rows."""
        self._limit = limit
        self._waiting: list[Mapping[str, Array]] = []
        self._revisions = GrowableArray.empty(np.int64)
        self._columns: dict[str, GrowableArray] = {}
        self._clear(revision, dict.fromkeys(_FILTERED, 0))

    @property
    def revision(self) -> int:
        """Of the latest change."""
        return self._held.revision

    def record(self, rows: Mapping[str, Array]) -> None:
        """Take down rows, columns as of `Columns`, that belong to the change under way."""
        if len(rows["cell"]):
            self._waiting.append(rows)

    def commit(self, everything: bool = False) -> None:
        """End the change under way: it is the next revision. everything: no answer made before holds any more."""
        rows = {name: np.concatenate([part[name] for part in self._waiting]) for name in _FIELDS if self._waiting}
        self._waiting = []
        held, size = self._held, len(rows["cell"]) if rows else 0
        revision = held.revision + 1
        largest = {name: max(held.largest[name], int(rows[name].max(initial=0)) if rows else 0) for name in _FILTERED}
        if everything or size > self._limit:
            self._clear(revision, largest)
            return
        since = held.since
        while len(self._revisions) + size > self._limit:
            since = self._halve()
        self._revisions.append(np.full(size, revision, np.int64))
        for name in rows:
            self._columns[name].append(rows[name])
        self._show(revision, since, largest)

    def affects(self, selections: Iterable[Selection], since: int) -> bool:
        """Whether one of the selections takes a row that changed after revision `since`; True where that is not known."""
        held = self._held
        if since >= held.revision:
            return False
        return since < held.since or any(_is_affected(held, selection, since) for selection in selections)

    def cells(self, selections: Iterable[Selection], since: int) -> NDArray[np.int32] | None:
        """Indexes, in the pyramid's finest level, of the cells of the rows that `touched` speaks of; None where they are not known."""
        held = self._held
        if since < held.since:
            return None
        found = [_taken_cells(held, selection, since) for selection in selections]
        return np.unique(np.concatenate(found)) if found else np.empty(0, np.int32)

    def _halve(self) -> int:
        """Drop the earlier half of the rows, the changes they belong to as a whole; the revision after which all are held."""
        since = int(self._revisions.values[len(self._revisions) // 2])
        kept = int(np.searchsorted(self._revisions.values, since, side="right"))
        self._revisions = GrowableArray(self._revisions.values[kept:].copy())
        self._columns = {name: GrowableArray(column.values[kept:].copy()) for name, column in self._columns.items()}
        return since

    def _clear(self, revision: int, largest: Mapping[str, int]) -> None:
        self._revisions = GrowableArray.empty(np.int64)
        self._columns = {name: GrowableArray.empty(_TYPES[name]) for name in _FIELDS}
        self._show(revision, revision, largest)

    def _show(self, revision: int, since: int, largest: Mapping[str, int]) -> None:
        columns = {name: column.values for name, column in self._columns.items()}
        # Readers see the whole of a change or nothing of it: this one assignment is what they look at.
        self._held = _Snapshot(revision, since, self._revisions.values, columns, largest)


def including_future_overdue(selection: Selection) -> Selection:
    """The selection with all rows that will be taken once they are overdue."""
    statuses = selection.statuses
    return (
        replace(selection, statuses=replace(statuses, chosen=statuses.chosen | OPEN_STATUSES, overdue=False))
        if statuses.overdue
        else selection
    )


def _arguments(held: _Snapshot, selection: Selection, since: int) -> tuple[tuple[int, int], tuple[object, ...]]:
    """Which rows to look at, and what the kernels want to know of rows and selection."""
    low = int(np.searchsorted(held.revisions, since, side="right"))
    wide = including_future_overdue(selection)
    rows = Rows(*(held.columns[name] for name in Rows._fields))
    window = (wide.window.start, wide.window.stop)
    return (low, len(held.revisions)), (rows, fit(wide.tables(), dict(held.largest)), window, wide.now)


def _is_affected(held: _Snapshot, selection: Selection, since: int) -> bool:
    bounds, asked = _arguments(held, selection, since)
    out = np.zeros((1, len(CHANNELS)), np.int32)
    count_rows(out, [(bounds, True)], held.columns["status"], _ONE_GROUP, *asked)  # type: ignore[arg-type]  # in their order
    return bool(out[0, 0])


def _taken_cells(held: _Snapshot, selection: Selection, since: int) -> NDArray[np.int32]:
    bounds, asked = _arguments(held, selection, since)
    room = bounds[1] - bounds[0]
    out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint8)
    taken = take_rows(out, 0, bounds, held.columns["cell"], np.empty(0, np.int32), *asked)  # type: ignore[arg-type]  # in their order
    return out[1][:taken]
