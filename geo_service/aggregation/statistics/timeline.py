"""A selection along time: one row for each bucket, and time series of the entries of a dimension."""

from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.rows_in_cell import rows_in_cell
from geo_service.aggregation.counting.selected_rows import SelectedRows, assign_buckets, count_by_group
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import Measure
from geo_service.aggregation.measures.rows import Row, measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.selection.time_buckets import bucket_edges, bucket_for, local, year_before
from geo_service.aggregation.statistics.breakdown import Dimension, select_measures
from geo_service.core.instants import LATEST
from geo_service.core.model import DistrictLevel

SERIES_BY = ("sector", "theme", "source", "agency", "status")
"""Codes of the dimensions whose entries have time series."""

MAX_SERIES = 50
"""Entries that have a time series of their own, at most."""

_SERIES_CHANNELS = CHANNELS[:3]


@dataclass(frozen=True, slots=True)
class BucketOptions:
    """How time is divided into buckets."""

    zone: ZoneInfo
    bucket: str | None = None
    """The name of a bucket; None for one that suits the window."""
    compared_by: str | None = None
    """How the compared window was made, one of `queries.selection.COMPARISONS`."""


def compute_timeline(
    state: ReplicaState,
    selection: Selection,
    options: BucketOptions,
    measure: Measure,
    compare: Selection | None = None,
    rows: SelectedRows | None = None,
    by: Dimension | None = None,
    cell: int | None = None,
) -> dict[str, Any]:
    """Return one row for each bucket of the window, empty ones included. An open end of the window is where the data ends.

    compare: a selection whose numbers are beside those of the bucket that corresponds. rows: the rows of the selection
    if they have been selected already. by: a dimension that adds time series. cell: an H3 cell in which they lie.
    """
    start, stop = resolve_window(state, selection)
    bucket = options.bucket or bucket_for(stop - start)
    edges = bucket_edges(start, stop, bucket, options.zone)
    compared_edges = _shift_edges(edges, selection, compare, options)

    def regroup(state: ReplicaState, selection: Selection, selected: SelectedRows) -> SelectedRows:
        selected = rows_in_cell(state.columns, state.pyramid, selected, cell)
        own_edges = compared_edges if selection is compare and compared_edges is not None else edges
        return replace(selected, groups=assign_buckets(selected.rows, state.columns["received"], own_edges))

    stats = GroupStats(state, selection, replace(EVERYTHING, size=len(edges) - 1), compare, regroup, rows)
    measures = select_measures(measure)
    # Incidents are known up to now: a bucket that ends later is incomplete.
    known_until = min(stop, selection.now)
    buckets = []
    for index, numbers in enumerate(measure_row(stats, measures)):
        first, last = int(edges[index]), int(edges[index + 1])
        times = {"from": local(first, options.zone), "to": local(last, options.zone)}
        buckets.append({**times, "partial": first < start or last > known_until, **numbers})
    table = {"bucket": bucket, "buckets": buckets, "total": measure_row(stats.overall(), measures)[0], "units": units_of(measures)}
    return table | compute_series(stats, by) if by else table


def compute_series(stats: GroupStats, dimension: Dimension) -> dict[str, Any]:
    """Return time series of the entries with most incidents, most first, and how many further entries there are.

    stats: with the buckets as groups. A series has a count for each bucket and channel.
    """
    selected, buckets = stats.taken, stats.grouping.size
    axis = dimension.axis(stats.state.catalogue, DistrictLevel.DISTRICT)
    groups = axis.groups(stats.state, stats.selection, selected)
    counts = count_by_group(groups, selected.state, len(axis.entries))[:, 0]
    occurring = int(np.count_nonzero(counts))
    # A stable sort: of equal entries the one that comes first in the catalogue.
    largest = np.argsort(-counts, kind="stable")[: min(occurring, MAX_SERIES)]
    # All other entries share the last row: there may be many thousands, and each would need a count for each bucket.
    row_of = np.full(len(axis.entries), len(largest), np.int32)
    row_of[largest] = np.arange(len(largest), dtype=np.int32)
    np.take(row_of, groups, out=groups, mode="clip")
    groups *= np.int32(buckets)
    groups += selected.groups
    by_bucket = count_by_group(groups, selected.state, (len(largest) + 1) * buckets).reshape(len(largest) + 1, buckets, len(CHANNELS))
    rows = [{**axis.entries[entry], "count": int(counts[entry]), **_to_lists(by_bucket[row])} for row, entry in enumerate(largest.tolist())]
    return {"by": dimension.code, "series": rows, "series_left_out": occurring - len(largest)}


def flatten_series(table: dict[str, Any]) -> list[Row]:
    """Return one row for each entry and bucket of a timeline with series."""
    times = [{name: bucket[name] for name in ("from", "to", "partial")} for bucket in table["buckets"]]
    return [
        {table["by"]: entry["code"], "name": entry["name"], **time, **{name: entry[name][index] for name in _SERIES_CHANNELS}}
        for entry in table["series"]
        for index, time in enumerate(times)
    ]


def _to_lists(counts: Any) -> dict[str, list[int]]:
    return {name: counts[:, channel].tolist() for channel, name in enumerate(_SERIES_CHANNELS)}


def resolve_window(state: ReplicaState, selection: Selection) -> tuple[int, int]:
    """Return the window with its open ends moved to where the data ends, seconds since 1970; it is never empty."""
    window = selection.window
    start, stop = window.start, window.stop
    if start == 0 or stop == LATEST:
        first, last = state.columns.extent() or (selection.now, selection.now)
        start = max(start, first) if start == 0 else start
        stop = min(stop, max(last + 1, selection.now)) if stop == LATEST else stop
    return (start, stop) if start < stop else (start, start + 1)


def _shift_edges(
    edges: NDArray[np.int64], selection: Selection, compare: Selection | None, options: BucketOptions
) -> NDArray[np.int64] | None:
    """Return the edges of the buckets in the compared window, seconds since 1970; None without comparison."""
    if compare is None:
        return None
    if options.compared_by == "year":
        return np.array([year_before(edge, options.zone) for edge in edges.tolist()], np.int64)
    return edges - (selection.window.start - compare.window.start)
