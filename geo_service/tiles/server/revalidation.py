"""Revalidation: whether a cached tile is still the one that would be computed now; finding out costs less than computing it."""

from collections.abc import Hashable
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_OVERDUE
from geo_service.aggregation.columns.change_log import including_future_overdue
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.tiles.layers.base import TileRequest

_NEVER = float("inf")


@runtime_checkable
class LocallyCacheable(Protocol):
    """A layer whose tiles show what lies in them, and of what lies elsewhere only what `fingerprint` gives.

    Time changes them only by deadlines that pass, and by windows that move.
    """

    def fingerprint(self, state: ReplicaState, request: TileRequest) -> Hashable:
        """Return all that the tile shows of incidents outside it, such as its class breaks; None where that is unknown."""
        ...

    def intersects(self, state: ReplicaState, request: TileRequest, cells: NDArray[np.int32]) -> bool:
        """Return whether one of the cells, indexes of the hierarchy's finest level, may be seen in the tile."""
        ...


def revalidate(
    layer: object, state: ReplicaState, request: TileRequest, earlier: TileRequest, revision: int, fingerprint: Hashable
) -> float | None:
    """Return until when the tile of an earlier request is also that of `request`; None when it may be another.

    Seconds since 1970: as long as the query string asks for it, and where only the clock has moved on and the window
    stands still, until the next deadline passes. revision: at which the tile was last known to be valid. fingerprint: its.
    """
    if earlier.revision is not None and revision != state.changes.revision:
        return None
    if request != earlier and not (isinstance(layer, LocallyCacheable) and _same_but_now(request, earlier)):
        return None
    shown = earlier.query.depends_on
    if state.changes.affects(shown, revision):
        cells = state.changes.cells(shown, revision)
        if cells is None or fingerprint is None or not _is_change_outside(layer, state, request, cells, fingerprint):
            return None
    if request == earlier:
        return request.query.valid_until
    until = min(_next_deadline(state, selection) for selection in earlier.query.selections)
    return max(until, request.query.valid_until) if until > request.query.selection.now else None


def _is_change_outside(
    layer: object, state: ReplicaState, request: TileRequest, cells: NDArray[np.int32], fingerprint: Hashable
) -> bool:  # fmt: skip
    """Return whether a change in these cells is neither seen in the tile nor moves the class of anything in it."""
    if not isinstance(layer, LocallyCacheable) or layer.intersects(state, request, cells):
        return False
    return layer.fingerprint(state, request) == fingerprint


def _same_but_now(request: TileRequest, earlier: TileRequest) -> bool:
    """Return whether only the instant differs at which overdue is evaluated, and the tile shows nothing else of it."""
    now, query = request.query.selection.now, earlier.query
    if query.measure.spatial is not None and query.selection.window.stop > query.selection.now:
        # The end of a window that goes on after now is now: baselines and steps move with it.
        return False
    compare = query.compare and replace(query.compare, now=now)
    return request == replace(earlier, query=replace(query, selection=replace(query.selection, now=now), compare=compare))


def _next_deadline(state: ReplicaState, selection: Selection) -> float:
    return state.counter.cached_value((selection, "next deadline"), lambda: next_deadline(state.columns, selection))


def next_deadline(columns: Columns, selection: Selection) -> float:
    """Return the first instant after the selection's `now` at which an incident becomes overdue that is selected then; inf for none."""
    selected = select_rows(columns, including_future_overdue(selection), EVERYTHING)
    due = columns["due"][selected.rows[(selected.state & IS_OVERDUE) != 0]]
    due = due[due >= np.uint32(selection.now)]
    return float(due.min()) + 1 if len(due) else _NEVER
