"""Totals of a selection, whole and by sector and source: one row a group."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.catalogue.catalogue import Entry, attributions
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.rows import measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection

Total = dict[str, int]

_MEASURES = [measure for measure in MEASURES.values() if not measure.districts_only]


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a selection. `extent` is the earliest and latest instant held at all, seconds since 1970."""

    total: Total
    synthetic: int
    without_place: int
    """Of the same selection, and in none of the other numbers."""
    sectors: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    extent: tuple[int, int] | None
    attribution: list[str]
    measures: dict[str, Any]
    units: dict[str, dict[str, str]]


def totals(state: ReplicaState, selection: Selection) -> Total:
    """n, open, overdue and closed of the whole selection."""
    everything = np.zeros(state.columns.largest["source"] + 1, np.int32)
    counts = state.counter.per_group(selection, "source", everything, 1)
    return dict(zip(CHANNELS, counts[0].tolist(), strict=True))


def summarise(state: ReplicaState, selection: Selection, compare: Selection | None = None) -> Summary:
    """Everything the page says about a selection.

    Sectors are counted as if no sector and theme were chosen, sources as if no source were: what choosing
    them would give.
    """
    catalogue = state.catalogue
    by_sector = state.counter.per_group(
        replace(selection, themes=None), "theme", np.array(catalogue.sector_of_theme(), np.int32), max(len(catalogue.sectors.all), 1)
    )
    own = _per_source(state, selection)
    by_source = own if selection.sources is None else _per_source(state, replace(selection, sources=None))
    facts = GroupStats(state, selection, EVERYTHING, compare)
    facts.counts = own.sum(axis=0, keepdims=True, dtype=np.int32)
    return Summary(
        total=dict(zip(CHANNELS, own.sum(axis=0).tolist(), strict=True)),
        synthetic=sum(int(own[source.id, 0]) for source in catalogue.sources.all if source.synthetic),
        without_place=state.unplaced.count(selection),
        sectors=_rows(catalogue.sectors.all, by_sector),
        sources=_rows(catalogue.sources.all, by_source[[source.id for source in catalogue.sources.all]]),
        extent=state.columns.extent(),
        attribution=attributions(source for source in catalogue.sources.all if own[source.id, 0]),
        measures=measure_row(facts, _MEASURES)[0],
        units=units_of(_MEASURES),
    )


def _per_source(state: ReplicaState, selection: Selection) -> Any:
    size = max(state.columns.largest["source"], *(source.id for source in state.catalogue.sources.all), 0, 0) + 1
    return state.counter.per_group(selection, "source", np.arange(size, dtype=np.int32), size)


def _rows(entries: Iterable[Entry], counts: Any) -> list[dict[str, Any]]:
    return [
        {"code": entry.code, "name": entry.name, **dict(zip(CHANNELS[:3], row[:3].tolist(), strict=True))}
        for entry, row in zip(entries, counts, strict=True)
    ]
