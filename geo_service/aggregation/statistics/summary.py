"""The totals of a selection, as a whole, by sector and by source."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Entry, attributions
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import TABLE_MEASURES
from geo_service.aggregation.measures.rows import measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection

Total = dict[str, int]
"""Counts by channel: n, open, overdue, closed."""

_MEASURES = [measure for measure in TABLE_MEASURES.values() if not measure.districts_only]


@dataclass(frozen=True, slots=True)
class SelectionSummary:
    """The totals of a selection."""

    total: Total
    synthetic: int
    """Incidents of synthetic sources."""
    without_place: int
    """Incidents of the selection without coordinates; they are in none of the other numbers."""
    sectors: list[dict[str, Any]]
    """Code, name and counts of each sector."""
    sources: list[dict[str, Any]]
    """Code, name and counts of each source."""
    extent: tuple[int, int] | None
    """When the first and the last incident of all were received, seconds since 1970; None without any."""
    attribution: list[str]
    """Of the sources that have incidents in the selection."""
    measures: dict[str, Any]
    units: dict[str, dict[str, str]]


def summarise_selection(state: ReplicaState, selection: Selection, compare: Selection | None = None) -> SelectionSummary:
    """Return the totals of a selection as a whole, by sector and by source.

    Sectors are counted without the selection's filter of sectors and themes, and sources without its filter of sources:
    a count says how many incidents the selection would have if the reader chose that sector or source.
    """
    catalogue = state.catalogue
    by_sector = state.counter.per_group(
        replace(selection, themes=None), "theme", np.array(catalogue.sector_of_theme(), np.int32), max(len(catalogue.sectors.all), 1)
    )
    own = _count_by_source(state, selection)
    by_source = own if selection.sources is None else _count_by_source(state, replace(selection, sources=None))
    stats = GroupStats(state, selection, EVERYTHING, compare)
    # The counts are known already: counting again would be another pass over the rows.
    stats.counts = own.sum(axis=0, keepdims=True, dtype=np.int32)
    return SelectionSummary(
        total=dict(zip(CHANNELS, own.sum(axis=0).tolist(), strict=True)),
        synthetic=sum(int(own[source.id, 0]) for source in catalogue.sources.all if source.synthetic),
        without_place=state.unplaced.count(selection),
        sectors=_build_rows(catalogue.sectors.all, by_sector),
        sources=_build_rows(catalogue.sources.all, by_source[[source.id for source in catalogue.sources.all]]),
        extent=state.columns.extent(),
        attribution=attributions(source for source in catalogue.sources.all if own[source.id, 0]),
        measures=measure_row(stats, _MEASURES)[0],
        units=units_of(_MEASURES),
    )


def _count_by_source(state: ReplicaState, selection: Selection) -> Any:
    """Return the counts of each source, (ids of sources, channels) int32."""
    size = max(state.columns.largest["source"], *(source.id for source in state.catalogue.sources.all), 0, 0) + 1
    return state.counter.per_group(selection, "source", np.arange(size, dtype=np.int32), size)


def _build_rows(entries: Iterable[Entry], counts: Any) -> list[dict[str, Any]]:
    return [
        {"code": entry.code, "name": entry.name, **dict(zip(CHANNELS[:3], row[:3].tolist(), strict=True))}
        for entry, row in zip(entries, counts, strict=True)
    ]
