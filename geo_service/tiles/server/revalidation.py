"""Whether a tile made earlier is still the one that would be made now: what that takes is less than to make it."""

from collections.abc import Hashable
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_OPEN
from geo_service.aggregation.columns.change_log import including_future_overdue
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import select_rows
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.tiles.layers.base import TileRequest
from geo_service.tiles.server.cache import CachedTile

_NEVER = float("inf")


@runtime_checkable
class LocallyCacheable(Protocol):
    """A layer whose tiles show what lies in them, and of what lies elsewhere only what `fingerprint` gives.

    Time changes them only by deadlines that pass, and by windows that move.
    """

    def fingerprint(self, state: ReplicaState, request: TileRequest) -> Hashable:
        """All that the tile shows of incidents outside it, as its class breaks; None where that cannot be said."""
        ...

    def intersects(self, state: ReplicaState, request: TileRequest, cells: NDArray[np.int32]) -> bool:
        """Whether one of the cells, indexes of the pyramid's finest level, may be seen in the tile."""
        ...


def revalidate(layer: object, state: ReplicaState, request: TileRequest, earlier: CachedTile) -> float | None:
    """Until when a tile made earlier is what `request` asks for now; None when it may be another.

    Seconds since 1970: as long as the query string asks for it, and where only the clock has moved on and the window
    stands still, until the next deadline passes.
    """
    if earlier.request.revision is not None and earlier.revision != state.changes.revision:
        return None
    if request != earlier.request and not (isinstance(layer, LocallyCacheable) and _same_but_now(request, earlier.request)):
        return None
    if state.changes.affects(earlier.request.query.selections, earlier.revision) and not _change_is_outside(layer, state, request, earlier):
        return None
    if request == earlier.request:
        return request.query.valid_until
    until = _steady_until(state, earlier.request)
    return max(until, request.query.valid_until) if until > request.query.selection.now else None


def _change_is_outside(layer: object, state: ReplicaState, request: TileRequest, earlier: CachedTile) -> bool:
    """Whether what has changed is neither seen in the tile nor moves the class of anything in it."""
    cells = state.changes.cells(earlier.request.query.selections, earlier.revision)
    if not isinstance(layer, LocallyCacheable) or cells is None or earlier.fingerprint is None or layer.intersects(state, request, cells):
        return False
    return layer.fingerprint(state, request) == earlier.fingerprint


def _same_but_now(request: TileRequest, earlier: TileRequest) -> bool:
    """Whether only the instant differs at which overdue is judged."""
    now, query = request.query.selection.now, earlier.query
    compare = query.compare and replace(query.compare, now=now)
    return request == replace(earlier, query=replace(query, selection=replace(query.selection, now=now), compare=compare))


def _steady_until(state: ReplicaState, request: TileRequest) -> float:
    """The first instant at which one of the request's incidents is overdue that is not so at its `now`."""
    return min(_next_deadline(state, selection) for selection in request.query.selections)


def _next_deadline(state: ReplicaState, selection: Selection) -> float:
    return state.counter.cached_value((selection, "next deadline"), lambda: next_deadline(state.columns, selection))


def next_deadline(columns: Columns, selection: Selection) -> float:
    """The first instant after the selection's `now` at which an incident becomes overdue that is selected then; inf when none does."""
    taken = select_rows(columns, including_future_overdue(selection), EVERYTHING)
    due = columns["due"][taken.rows[(taken.state & IS_OPEN) != 0]]
    due = due[due >= np.uint32(selection.now)]
    return float(due.min()) + 1 if len(due) else _NEVER
