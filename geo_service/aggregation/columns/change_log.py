"""The change log: the rows that each revision changed, as they were before and as they are after.

A result computed at one revision is still valid at a later one if its selections contain none of the rows changed in
between, neither before nor after the change. Only the latest changes are stored; anything older counts as "everything changed".
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.growable import Array, GrowableArray
from geo_service.aggregation.arrays.kernels import CHANNELS, Rows, collect_rows, count_rows
from geo_service.aggregation.columns.pending_deadlines import column_types
from geo_service.aggregation.selection.cell_set import finest_ranges, mark_cells_inside
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.sql.incident_columns import filter_fields

_MAX_ROWS = 100_000
"""Maximum number of rows, 4 MB; testing a selection against all of them takes 0.25 ms."""

_FILTERED = filter_fields()
_FIELDS = Rows._fields
_TYPES = column_types()
_ONE_GROUP = np.zeros(256, np.int32)
_NO_CELLS = np.empty(0, np.uint64)
_INSIDE = np.array([0, 1], np.uint8)
"""The table of selected cells, where a row's entry says whether its cell is inside."""
_END_OF_TIME = 0xFFFFFFFF
"""The last instant that a column can have, seconds since 1970."""


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The log at one moment; immutable, so that any thread may read it."""

    revision: int
    since: int
    """The rows of all changes after this revision are stored."""
    revisions: NDArray[np.int64]
    """(rows,) ascending."""
    columns: Mapping[str, Array]
    """(rows,) each; the cell is an index in the hierarchy's finest level."""
    largest: Mapping[str, int]
    cells: NDArray[np.uint64]
    """The hierarchy's finest level, by index."""


class ChangeLog:
    """The log: written by the replica's thread, read by any."""

    def __init__(self, revision: int = 0, limit: int = _MAX_ROWS) -> None:
        """revision: number of the present state. limit: maximum number of stored rows."""
        self._limit = limit
        self.revision = revision
        """The number of the latest change."""
        self._recorded: list[Mapping[str, Array]] = []
        self._revisions = GrowableArray.empty(np.int64)
        self._columns: dict[str, GrowableArray] = {}
        self._cells = _NO_CELLS
        self._clear(revision, dict.fromkeys(_FILTERED, 0))

    def record(self, rows: Mapping[str, Array]) -> None:
        """Add rows (columns as of `Columns`) to the change that is being made."""
        if len(rows["cell"]):
            self._recorded.append(rows)

    def commit(self, everything: bool = False, cells: NDArray[np.uint64] = _NO_CELLS) -> None:
        """Commit the recorded rows as the next revision. everything: invalidate every earlier result.

        cells: the hierarchy's finest level by index, with every cell of the rows; it may only grow until everything is invalidated.
        """
        self._cells = cells
        rows = {name: np.concatenate([part[name] for part in self._recorded]) for name in _FIELDS if self._recorded}
        self._recorded = []
        snapshot, size = self._snapshot, len(rows["cell"]) if rows else 0
        revision = snapshot.revision + 1
        largest = {name: max(snapshot.largest[name], int(rows[name].max(initial=0)) if rows else 0) for name in _FILTERED}
        if everything or size > self._limit:
            self._clear(revision, largest)
            return
        since = snapshot.since
        while len(self._revisions) + size > self._limit:
            since = self._drop_older_half()
        self._revisions.append(np.full(size, revision, np.int64))
        for name in rows:
            self._columns[name].append(rows[name])
        self._publish_snapshot(revision, since, largest)

    def affects(self, selections: Iterable[Selection], since: int) -> bool:
        """Return whether one of the selections contains a row that changed after revision `since`; True where that is unknown."""
        snapshot = self._snapshot
        if since >= snapshot.revision:
            return False
        return since < snapshot.since or any(_is_affected(snapshot, selection, since) for selection in selections)

    def cells(self, selections: Iterable[Selection], since: int) -> NDArray[np.int32] | None:
        """Return the changed cells of the selections as indexes in the hierarchy's finest level; None where they are unknown."""
        snapshot = self._snapshot
        if since < snapshot.since:
            return None
        changed = [_affected_cells(snapshot, selection, since) for selection in selections]
        return np.unique(np.concatenate(changed)) if changed else np.empty(0, np.int32)

    def _drop_older_half(self) -> int:
        """Drop the older half of the rows, whole changes only; return the revision after which all changes are stored."""
        since = int(self._revisions.values[len(self._revisions) // 2])
        kept = int(np.searchsorted(self._revisions.values, since, side="right"))
        self._revisions = GrowableArray(self._revisions.values[kept:].copy())
        self._columns = {name: GrowableArray(column.values[kept:].copy()) for name, column in self._columns.items()}
        return since

    def _clear(self, revision: int, largest: Mapping[str, int]) -> None:
        self._revisions = GrowableArray.empty(np.int64)
        self._columns = {name: GrowableArray.empty(_TYPES[name]) for name in _FIELDS}
        self._publish_snapshot(revision, revision, largest)

    def _publish_snapshot(self, revision: int, since: int, largest: Mapping[str, int]) -> None:
        columns = {name: column.values for name, column in self._columns.items()}
        # One assignment, so that readers see all of a change or nothing of it.
        self._snapshot = _Snapshot(revision, since, self._revisions.values, columns, largest, self._cells)
        # After it: whoever reads the new number finds the new rows.
        self.revision = revision


def including_future_overdue(selection: Selection) -> Selection:
    """Return the selection at the end of time: also with the rows that it will contain once their deadline is past.

    Every row that is or can become overdue is overdue in it.
    """
    return replace(selection, now=_END_OF_TIME)


def _kernel_arguments(snapshot: _Snapshot, selection: Selection, since: int) -> tuple[tuple[int, int], tuple[object, ...]]:
    """Return the range of rows after `since`, and the kernels' arguments for rows and selection."""
    low = int(np.searchsorted(snapshot.revisions, since, side="right"))
    wide = including_future_overdue(selection)
    rows = Rows(*(snapshot.columns[name] for name in Rows._fields))
    window = (wide.window.start, wide.window.stop)
    if wide.cells is None:
        return (low, len(snapshot.revisions)), (rows, wide.tables(snapshot.largest), window, wide.now)
    # The rows are few, the cells of the level many: each row's own cell is searched for.
    inside = np.zeros(len(rows.cell), np.int32)
    inside[low:] = mark_cells_inside(snapshot.cells[rows.cell[low:]], finest_ranges(wide.cells))
    tables = wide.tables(snapshot.largest, _INSIDE)
    return (low, len(snapshot.revisions)), (rows._replace(cell=inside), tables, window, wide.now)


def _is_affected(snapshot: _Snapshot, selection: Selection, since: int) -> bool:
    bounds, arguments = _kernel_arguments(snapshot, selection, since)
    out = np.zeros((1, len(CHANNELS)), np.int32)
    count_rows(out, [(bounds, True)], snapshot.columns["status"], _ONE_GROUP, *arguments)  # type: ignore[arg-type]  # in their order
    return bool(out[0, 0])


def _affected_cells(snapshot: _Snapshot, selection: Selection, since: int) -> NDArray[np.int32]:
    bounds, arguments = _kernel_arguments(snapshot, selection, since)
    room = bounds[1] - bounds[0]
    out = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.uint8)
    taken = collect_rows(out, 0, bounds, snapshot.columns["cell"], np.empty(0, np.int32), *arguments)  # type: ignore[arg-type]  # in their order
    return out[1][:taken]
