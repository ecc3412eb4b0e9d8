"""Pages of the incidents of a selection, with a cursor to the next page.

A sort order ranks no two incidents equal, so a page begins exactly where the page before ended, even if incidents have
been added in between.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import collect_rows
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.columns.pending_deadlines import PENDING_DUE
from geo_service.aggregation.counting.grouping import EVERYTHING, Grouping, by_cell
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses
from geo_service.core.model import OPEN_STATUSES

RowIndexes = NDArray[np.int32]

_MAX_UINT32 = 0xFFFFFFFF
_FIRST_CHUNK = 4096
"""Rows that are searched first for the newest incidents; each further chunk is twice as long."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of an incident in a sort order."""

    instant: int
    """By which the order sorts: seconds since 1970, or 0 for none."""
    id: int


@dataclass(frozen=True, slots=True)
class SortOrder:
    """An order in which incidents are listed."""

    code: str
    column: str
    """The replica's column of the instants by which it sorts."""
    rank: Callable[[Any, Any], Any]
    """Maps an instant and an id, counted from the least id, to a number below 2**64; incidents are listed by ascending numbers.

    It is called with uint64 arrays and with plain integers.
    """
    open_only: bool = False
    """Whether only open incidents are listed."""


ORDERS = {
    order.code: order
    for order in (
        SortOrder("received", "received", lambda instant, id_: ((_MAX_UINT32 - instant) << 32) + (_MAX_UINT32 - id_)),
        # The earliest deadline that waits for an answer comes first. What has none (0) or was answered comes last: 0 - 1 wraps
        # around to the greatest number.
        SortOrder("due", PENDING_DUE, lambda instant, id_: (((instant - 1) & _MAX_UINT32) << 32) + id_, open_only=True),
    )
}


@dataclass(frozen=True, slots=True)
class IncidentListQuery:
    """A page of the incidents of a selection."""

    selection: Selection
    order: SortOrder
    limit: int
    """Incidents on the page, at most."""
    after: Cursor | None = None
    """The last incident of the page before."""
    cell: int | None = None
    """The H3 cell in which the incidents lie; None for everywhere."""


@dataclass(frozen=True, slots=True, eq=False)
class RowPage:
    """The rows of a page in their order, and the cursor of its last row if more follow."""

    rows: RowIndexes
    end: Cursor | None


def select_page(state: ReplicaState, query: IncidentListQuery) -> RowPage:
    """Select a page of the incidents that have coordinates."""
    grouping, group = _group_by_cell(state, query.cell)
    if group < 0:
        return RowPage(np.empty(0, np.int32), None)
    selector = _PageSelector(state.columns, query, grouping, group)
    candidates = selector.sort_first(selector.select_open() if query.order.open_only else selector.select_newest())
    rows = candidates[: query.limit]
    return RowPage(rows, selector.cursor_of(int(rows[-1])) if len(candidates) > query.limit else None)


def _group_by_cell(state: ReplicaState, cell: int | None) -> tuple[Grouping, int]:
    """Return a grouping and the number of the group to be listed, -1 if there has never been an incident in the cell."""
    if cell is None:
        return EVERYTHING, 0
    resolution = cell >> 52 & 0xF
    return by_cell(state.pyramid, resolution), int(state.pyramid.levels[resolution].index(np.array([cell], np.uint64))[0])


class _PageSelector:
    """Selects the rows of one group of a selection that come first in a sort order after the cursor of the query."""

    def __init__(self, columns: Columns, query: IncidentListQuery, grouping: Grouping, group: int) -> None:
        self._columns, self._order, self._grouping, self._group = columns, query.order, grouping, group
        self._selection, self._after = query.selection, query.after
        # One more than the page holds tells whether another page follows.
        self._count = query.limit + 1

    def cursor_of(self, row: int) -> Cursor:
        """Return the cursor of a row."""
        return Cursor(int(self._columns[self._order.column][row]), int(self._columns.ids(np.array([row]))[0]))

    def sort_first(self, rows: RowIndexes) -> RowIndexes:
        """Return the first rows in their order, one more than the page holds."""
        ranks = self._ranks(rows)
        if len(rows) > self._count:
            first = np.argpartition(ranks, self._count)[: self._count]
            rows, ranks = rows[first], ranks[first]
        return rows[np.argsort(ranks)]

    def select_open(self) -> RowIndexes:
        """Select all open rows after the cursor."""
        statuses = self._selection.statuses
        open_selection = replace(self._selection, statuses=Statuses(statuses.chosen & OPEN_STATUSES, statuses.overdue))
        selected = select_rows(self._columns, open_selection, self._grouping)
        return self._after_cursor(selected.rows[selected.groups == self._group])

    def select_newest(self) -> RowIndexes:
        """Select rows after the cursor that include the newest ones.

        The base of the columns is in time order. It is searched backwards in chunks until there are enough rows.
        """
        columns, window = self._columns, self._selection.window
        stop = window.stop if self._after is None else min(window.stop, self._after.instant + 1)
        ((low, high), _), *tail = columns.candidate_ranges(window.start, max(stop, window.start))
        parts = [self._select_in(bounds, (window.start, stop)) for bounds, _ in tail]
        received = columns["received"][: columns.base]
        count, chunk = 0, _FIRST_CHUNK
        while low < high and count < self._count:
            start = max(low, high - chunk)
            # A chunk begins at a full second: incidents of one second are sorted by id, so all of them must be seen.
            start = max(low, int(np.searchsorted(received, received[start])))
            parts.append(self._select_in((start, high), None))
            count, high, chunk = count + len(parts[-1]), start, 2 * chunk
        return np.concatenate([np.empty(0, np.int32), *parts])

    def _select_in(self, bounds: tuple[int, int], span: tuple[int, int] | None) -> RowIndexes:
        """Select rows after the cursor within bounds of rows. span: a time window to check, None if all rows are in it."""
        columns, grouping = self._columns, self._grouping
        size = bounds[1] - bounds[0]
        out = rows, groups, _ = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
        tables = columns.tables(self._selection)
        size = collect_rows(
            out, 0, bounds, columns[grouping.column], grouping.group_of, columns.rows(), tables, span, self._selection.now
        )  # fmt: skip
        return self._after_cursor(rows[:size][groups[:size] == self._group])

    def _after_cursor(self, rows: RowIndexes) -> RowIndexes:
        if self._after is None:
            return rows
        last = self._order.rank(self._after.instant, self._after.id - self._columns.first_id)
        # A client may send a cursor whose rank does not fit into 64 bits.
        return rows[self._ranks(rows) > np.uint64(min(max(last, 0), 0xFFFFFFFFFFFFFFFF))]

    def _ranks(self, rows: RowIndexes) -> NDArray[np.uint64]:
        instants, ids = (self._columns[name][rows].astype(np.uint64) for name in (self._order.column, "id"))
        ranks: NDArray[np.uint64] = self._order.rank(instants, ids)
        return ranks
