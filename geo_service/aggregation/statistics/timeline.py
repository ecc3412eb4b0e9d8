"""A selection along time: one row a bucket, empty ones included, the compared window's bucket beside it."""

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import SelectedRows, assign_buckets
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.rows import measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.selection.time_buckets import bucket_edges, bucket_for, local, year_before
from geo_service.aggregation.statistics.breakdown import Dimension, chosen_measures
from geo_service.aggregation.statistics.series import series

_LATEST = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class BucketOptions:
    """How time is divided: the zone, a bucket's name or None for one that suits the window, and how the compared window was made."""

    zone: ZoneInfo
    bucket: str | None = None
    compared_by: str | None = None


def timeline(
    state: ReplicaState,
    selection: Selection,
    clockwork: BucketOptions,
    measure: Measure,
    compare: Selection | None = None,
    rows: SelectedRows | None = None,
    by: Dimension | None = None,
) -> dict[str, Any]:
    """Rows of the buckets from the window's first to its last. An open end of the window is where the data begins or ends.

    rows: as of `GroupStats`. by: of which there are to be series too.
    """
    start, stop = _span(state, selection)
    bucket = clockwork.bucket or bucket_for(stop - start)
    edges = bucket_edges(start, stop, bucket, clockwork.zone)
    shifted = _shifted(edges, selection, compare, clockwork)

    def regroup(state: ReplicaState, selection: Selection, taken: SelectedRows) -> SelectedRows:
        own = shifted if selection is compare and shifted is not None else edges
        return replace(taken, groups=assign_buckets(taken.rows, state.columns["received"], own))

    facts = GroupStats(state, selection, replace(EVERYTHING, size=len(edges) - 1), compare, regroup, rows)
    measures = chosen_measures(measure)
    known_until = min(stop, selection.now)
    buckets = []
    for place, numbers in enumerate(measure_row(facts, measures)):
        first, last = int(edges[place]), int(edges[place + 1])
        times = {"from": local(first, clockwork.zone), "to": local(last, clockwork.zone)}
        buckets.append({**times, "partial": first < start or last > known_until, **numbers})
    table = {"bucket": bucket, "buckets": buckets, "total": measure_row(facts.overall(), measures)[0], "units": units_of(measures)}
    return table | series(facts, by) if by else table


def _span(state: ReplicaState, selection: Selection) -> tuple[int, int]:
    """The window, its open ends drawn in to the data; never empty."""
    window = selection.window
    start, stop = window.start, window.stop
    if start == 0 or stop == _LATEST:
        first, last = state.columns.extent() or (selection.now, selection.now)
        start = max(start, first) if start == 0 else start
        stop = min(stop, max(last + 1, selection.now)) if stop == _LATEST else stop
    return (start, stop) if start < stop else (start, start + 1)


def _shifted(
    edges: NDArray[np.int64], selection: Selection, compare: Selection | None, clockwork: BucketOptions
) -> NDArray[np.int64] | None:
    """The edges as they lie in the compared window."""
    if compare is None:
        return None
    if clockwork.compared_by == "year":
        return np.array([year_before(edge, clockwork.zone) for edge in edges.tolist()], np.int64)
    return edges - (selection.window.start - compare.window.start)
