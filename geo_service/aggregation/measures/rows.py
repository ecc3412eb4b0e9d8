"""Tables of measures: for each group its numbers, null for "nothing", and the unit of every field."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import MEASURES, Measure

Row = dict[str, Any]

_INCIDENTS = MEASURES["count"].unit


def measure_row(facts: GroupStats, measures: Iterable[Measure]) -> list[Row]:
    """One row a group: each measure under its code, and beside a rate or time of how many incidents it is.

    Beside a share that counts what no other measure does stands that count.
    """
    columns: dict[str, list[Any]] = {}
    for measure in measures:
        missing = measure.needs_compare and facts.previous is None
        columns[measure.code] = [None] * facts.grouping.size if missing else to_json_value(measure.values(facts))
        if measure.sample_size is not None and measure.sample_size_field not in columns:
            columns[measure.sample_size_field] = [None] * facts.grouping.size if missing else measure.sample_size(facts).tolist()
        if measure.counted is not None:
            columns[f"n_{measure.code}"] = measure.counted(facts).tolist()
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def units_of(measures: Iterable[Measure]) -> dict[str, dict[str, str]]:
    """The unit of each field that `measured` gives."""
    units: dict[str, dict[str, str]] = {}
    for measure in measures:
        units[measure.code] = measure.unit
        if measure.sample_size is not None:
            units.setdefault(measure.sample_size_field, _INCIDENTS)
        if measure.counted is not None:
            units[f"n_{measure.code}"] = _INCIDENTS
    return units


def to_json_value(values: NDArray[Any]) -> list[Any]:
    """Values for JSON and CSV: None for NaN."""
    items: list[Any] = values.tolist()
    return [None if value != value else value for value in items]  # NaN alone differs from itself


def ranks(values: NDArray[Any]) -> list[int | None]:
    """1 for the greatest; equal values share the better rank; None for NaN."""
    known = values[~np.isnan(values)]
    above = np.sort(-known)
    positions = np.searchsorted(above, -values, side="left") + 1
    return [None if np.isnan(value) else int(rank) for value, rank in zip(values, positions, strict=True)]


def sort_by_rank(rows: list[Row]) -> list[Row]:
    """Best rank first, those without a rank last, each in the order given."""
    return sorted(rows, key=lambda row: (row["rank"] is None, row["rank"]))
