"""The incidents of a selection one after the other: a page of them, and where it ended.

An order leaves no two incidents equal, so a page goes on exactly where the one before ended, whatever has come since.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import collect_rows
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.counting.grouping import EVERYTHING, Grouping, by_cell
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection, Statuses, fit_tables
from geo_service.core.model import OPEN_STATUSES

RowIndexes = NDArray[np.int32]

_MOST = 0xFFFFFFFF
_FIRST_LOOK = 4096
"""Rows looked at first for the newest; then twice as many each time."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """An incident's place in an order: the instant that the order goes by, seconds since 1970 or 0 for none, and the id."""

    instant: int
    id: int


@dataclass(frozen=True, slots=True)
class SortOrder:
    """How incidents follow each other. rank: of an instant and of an id counted from the first, the number that ascends.

    It is called with uint64 columns and with plain integers.
    """

    code: str
    column: str
    rank: Callable[[Any, Any], Any]
    open_only: bool = False


ORDERS = {
    one.code: one
    for one in (
        SortOrder("received", "received", lambda instant, id_: ((_MOST - instant) << 32) + (_MOST - id_)),
        # Whoever is overdue for longest has the earliest deadline; none (0) wraps around to the latest.
        SortOrder("due", "due", lambda instant, id_: (((instant - 1) & _MOST) << 32) + id_, open_only=True),
    )
}


@dataclass(frozen=True, slots=True)
class IncidentListQuery:
    """Which page of the incidents of a selection. cell: an H3 cell that they lie in; after: where the page before ended."""

    selection: Selection
    order: SortOrder
    limit: int
    after: Cursor | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RowPage:
    """The rows of a page in their order, and where it ends if more follow."""

    rows: RowIndexes
    end: Cursor | None


def list_page(state: ReplicaState, asked: IncidentListQuery) -> RowPage:
    """A page of the incidents that have a place."""
    grouping, group = _within(state, asked.cell)
    if group < 0:
        return RowPage(np.empty(0, np.int32), None)
    pick = _PageSelector(state.columns, asked, grouping, group)
    found = pick.first(pick.all_open() if asked.order.open_only else pick.newest())
    rows = found[: asked.limit]
    return RowPage(rows, pick.place(int(rows[-1])) if len(found) > asked.limit else None)


def _within(state: ReplicaState, cell: int | None) -> tuple[Grouping, int]:
    """A grouping, and the group of it to be listed: -1 where the cell has never held an incident."""
    if cell is None:
        return EVERYTHING, 0
    resolution = cell >> 52 & 0xF
    return by_cell(state.pyramid, resolution), int(state.pyramid.levels[resolution].index(np.array([cell], np.uint64))[0])


class _PageSelector:
    """Finds the rows of one group of a selection that come first in an order, behind the place where the page before ended."""

    def __init__(self, columns: Columns, asked: IncidentListQuery, grouping: Grouping, group: int) -> None:
        self._columns, self._order, self._grouping, self._group = columns, asked.order, grouping, group
        self._selection, self._after = asked.selection, asked.after
        self._wanted = asked.limit + 1

    def place(self, row: int) -> Cursor:
        """A row's place in the order."""
        return Cursor(int(self._columns[self._order.column][row]), int(self._columns.ids(np.array([row]))[0]))

    def first(self, rows: RowIndexes) -> RowIndexes:
        """The first of some rows, one more than the page holds, in their order."""
        ranks = self._ranks(rows)
        if len(rows) > self._wanted:
            chosen = np.argpartition(ranks, self._wanted)[: self._wanted]
            rows, ranks = rows[chosen], ranks[chosen]
        return rows[np.argsort(ranks)]

    def all_open(self) -> RowIndexes:
        """Every open row behind the place."""
        chosen = self._selection.statuses
        open_ones = replace(self._selection, statuses=Statuses(chosen.chosen & OPEN_STATUSES, chosen.overdue))
        taken = select_rows(self._columns, open_ones, self._grouping)
        return self._behind(taken.rows[taken.groups == self._group])

    def newest(self) -> RowIndexes:
        """Rows behind the place among which are the latest: the base is in time order, and looked through from its end."""
        columns, window = self._columns, self._selection.window
        stop = window.stop if self._after is None else min(window.stop, self._after.instant + 1)
        ((low, high), _), *tail = columns.candidate_ranges(window.start, max(stop, window.start))
        parts = [self._taken(bounds, (window.start, stop)) for bounds, _ in tail]
        received = columns["received"][: columns.base]
        found, look = 0, _FIRST_LOOK
        while low < high and found < self._wanted:
            start = max(low, high - look)
            # Whole seconds: incidents of the same one are put in order together.
            start = max(low, int(np.searchsorted(received, received[start])))
            parts.append(self._taken((start, high), None))
            found, high, look = found + len(parts[-1]), start, 2 * look
        return np.concatenate([np.empty(0, np.int32), *parts])

    def _taken(self, bounds: tuple[int, int], span: tuple[int, int] | None) -> RowIndexes:
        columns, grouping = self._columns, self._grouping
        size = bounds[1] - bounds[0]
        out = rows, groups, _ = np.empty(size, np.int32), np.empty(size, np.int32), np.empty(size, np.uint8)
        tables = fit_tables(self._selection.tables(), columns.largest)
        size = collect_rows(
            out, 0, bounds, columns[grouping.column], grouping.group_of, columns.rows(), tables, span, self._selection.now
        )  # fmt: skip
        return self._behind(rows[:size][groups[:size] == self._group])

    def _behind(self, rows: RowIndexes) -> RowIndexes:
        if self._after is None:
            return rows
        least = self._order.rank(self._after.instant, self._after.id - self._columns.first_id)
        return rows[self._ranks(rows) > np.uint64(min(max(least, 0), 0xFFFFFFFFFFFFFFFF))]

    def _ranks(self, rows: RowIndexes) -> NDArray[np.uint64]:
        instants, ids = (self._columns[name][rows].astype(np.uint64) for name in (self._order.column, "id"))
        ranks: NDArray[np.uint64] = self._order.rank(instants, ids)
        return ranks
