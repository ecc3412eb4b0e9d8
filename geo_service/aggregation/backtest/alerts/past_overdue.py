"""Which messages were overdue when, and which districts stood among the worst: the list that a desk had before there were alerts.

What is kept of a message are its receipt, deadline, first answer and close; not when its status changed otherwise. So an answer that was
returned counts as one from when it was given, and a message that was closed, rejected or found a duplicate without any instant of it
counts as never overdue.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.alerts.areas import list_areas
from geo_service.aggregation.backtest.alerts.hourly_counts import Instants, Spans, count_hourly
from geo_service.aggregation.columns.columns import DELETED
from geo_service.aggregation.places.place_index import find_places
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.core.model import LINKED, OPEN_STATUSES, Status

LIST_DAYS = 30
"""The list is of the messages of so many days."""
LISTED = 5
"""Districts that it shows."""
_LIST_S = LIST_DAYS * 86_400
_NEVER = np.int64(2**40)
_ENDED = np.isin(np.arange(256) % LINKED, [status for status in Status if status not in OPEN_STATUSES])


@dataclass(frozen=True, slots=True, eq=False)
class PastMessages:
    """Messages in no particular order: equally long columns."""

    received: Instants
    counted: Spans
    """When each was among those of the list."""
    overdue: Spans
    """When it was overdue besides."""
    district: NDArray[np.int32]
    """Position among the districts of level district; their number for none."""
    place: NDArray[np.int32]
    """Number of its place."""
    theme: NDArray[np.uint32]
    """Theme id."""
    is_linked: NDArray[np.bool_]
    """Whether it is a near-duplicate of an earlier one: alerts count these once."""
    districts: int
    """How many districts there are."""


def read_past_messages(state: ReplicaState, start: int, stop: int) -> PastMessages:
    """Return the messages that the list may have counted in [start, stop)."""
    columns = state.columns
    received = columns["received"].astype(np.int64)
    inside = (received >= start - _LIST_S) & (received < stop) & (columns["status"] != DELETED)
    rows = np.flatnonzero(inside)
    received = received[rows]
    areas = list_areas(state.catalogue)
    # A window is half-open: a message is in that of the 30 days before t where received < t <= received + 30 d.
    begin, end = received + 1, received + _LIST_S + 1
    due, status = columns["due"][rows].astype(np.int64), columns["status"][rows]
    settled = _first_instant(columns["answered"][rows], columns["closed"][rows])
    settled[(settled == _NEVER) & _ENDED[status]] = 0
    overdue_from = np.where(due > 0, np.maximum(due + 1, begin), _NEVER)
    return PastMessages(
        received=received,
        counted=Spans(begin, end),
        overdue=Spans(overdue_from, np.minimum(settled, end)),
        district=areas.district_of(columns["district"][rows]),
        place=find_places(state).place_of_rows(rows),
        theme=columns["theme"][rows],
        is_linked=status >= LINKED,
        districts=len(areas.districts),
    )


def list_worst(messages: PastMessages, hours: Instants) -> NDArray[np.bool_]:
    """Return (districts, hours) bool: whether a district was among the five with most overdue messages beyond the region's share.

    excess = overdue − messages · (overdue of all / all messages), of the messages of the 30 days before; only above 0; of equal ones
    that with more overdue, then that whose code comes first: as the page lists the worst districts.
    """
    groups = messages.districts + 1
    counted = count_hourly(messages.counted, messages.district, groups, hours)
    overdue = count_hourly(messages.overdue, messages.district, groups, hours)
    share = overdue.sum(axis=0) / np.maximum(counted.sum(axis=0), 1)
    excess = (overdue - share * counted)[:-1]
    order = np.lexsort((-overdue[:-1], -excess), axis=0)[:LISTED]
    listed = np.zeros(excess.shape, np.bool_)
    np.put_along_axis(listed, order, values=True, axis=0)
    listed &= excess > 0
    return listed


def _first_instant(answered: NDArray[np.uint32], closed: NDArray[np.uint32]) -> Instants:
    """Return the earlier of two instants of which 0 is "none"; `_NEVER` where both are none."""
    instants = [np.where(column > 0, column.astype(np.int64), _NEVER) for column in (answered, closed)]
    return np.minimum(*instants)
