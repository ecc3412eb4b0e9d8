"""A selection along time, by one dimension: for each of its entries a row of counts, one a bucket."""

from typing import Any

import numpy as np

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.counting.selected_rows import count_by_group
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.rows import Row
from geo_service.aggregation.statistics.breakdown import Dimension
from geo_service.core.model import DistrictLevel

SERIES_BY = ("sector", "theme", "source", "agency", "status")
"""Dimensions that there are series of."""

MOST_SERIES = 50

_COUNTED = CHANNELS[:3]


def series(facts: GroupStats, dimension: Dimension) -> dict[str, Any]:
    """The entries that most incidents have, most first, with counts by bucket; and how many further ones there are.

    facts: of the buckets as groups.
    """
    taken, buckets = facts.taken, facts.grouping.size
    axis = dimension.axis(facts.state.catalogue, DistrictLevel.DISTRICT)
    groups = axis.groups(facts.state, facts.selection, taken)
    counts = count_by_group(groups, taken.state, len(axis.entries))[:, 0]
    occurring = int(np.count_nonzero(counts))
    # Stable: of equals, the one whose entry comes first.
    chosen = np.argsort(-counts, kind="stable")[: min(occurring, MOST_SERIES)]
    # All others share the last row: entries may be many thousands, and each would have a count a bucket.
    row_of = np.full(len(axis.entries), len(chosen), np.int32)
    row_of[chosen] = np.arange(len(chosen), dtype=np.int32)
    np.take(row_of, groups, out=groups, mode="clip")
    groups *= np.int32(buckets)
    groups += taken.groups
    by_bucket = count_by_group(groups, taken.state, (len(chosen) + 1) * buckets).reshape(len(chosen) + 1, buckets, len(CHANNELS))
    rows = [{**axis.entries[place], "count": int(counts[place]), **_columns(by_bucket[row])} for row, place in enumerate(chosen.tolist())]
    return {"by": dimension.code, "series": rows, "series_left_out": occurring - len(chosen)}


def series_rows(table: dict[str, Any]) -> list[Row]:
    """A line for each entry and bucket, of a timeline with series."""
    times = [{name: bucket[name] for name in ("from", "to", "partial")} for bucket in table["buckets"]]
    return [
        {table["by"]: one["code"], "name": one["name"], **time, **{name: one[name][place] for name in _COUNTED}}
        for one in table["series"]
        for place, time in enumerate(times)
    ]


def _columns(counts: Any) -> dict[str, list[int]]:
    return {name: counts[:, channel].tolist() for channel, name in enumerate(_COUNTED)}
