"""A selection broken down by one or two dimensions. A dimension is one row of data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_OPEN
from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entry
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.selected_rows import Groups, SelectedRows, map_to_groups
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import MEASURES, Measure
from geo_service.aggregation.measures.rows import Row, measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.errors import InvalidParameter
from geo_service.core.model import LINKED, DistrictLevel, Status

MOST_CELLS = 250_000
"""Of a cross-table, empty ones included."""

_BASIC = ("count", "open", "overdue", "closed", "share_closed", "share_on_time", "change")


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The entries of a dimension (code and names; a code of None is "without") and the group of each taken row among them."""

    entries: list[Row]
    groups: Callable[[ReplicaState, Selection, SelectedRows], Groups]


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """Something incidents differ in."""

    code: str
    label: dict[str, str]
    axis: Callable[[Catalogue, DistrictLevel], Axis]


def deadline_states(state: ReplicaState, selection: Selection, taken: SelectedRows) -> Groups:
    """Places among DEADLINE_STATES."""
    out = np.empty(len(taken), np.int32)
    columns = state.columns
    look_at = columns["due"], columns["answered"], np.uint32(selection.now)
    map_parts(lambda piece: _deadline(out[piece], taken.rows[piece], taken.state[piece], *look_at), split_rows(len(taken)))
    return out


DEADLINE_STATES = (
    ("none", "Срока нет или он не судим", "No deadline, or it cannot be judged"),
    ("waiting", "Без ответа, срок не вышел", "Unanswered, deadline ahead"),
    ("overdue", "Без ответа, срок вышел", "Unanswered, past the deadline"),
    ("on_time", "Ответ в срок", "Answered on time"),
    ("late", "Ответ с опозданием", "Answered late"),
)
"""Judged by the first answer; an incident that was closed, rejected or found a duplicate without an answer is not judged."""


@njit(nogil=True, cache=True)
def _deadline(
    out: Groups, rows: NDArray[np.int32], state: NDArray[np.uint8], due: NDArray[np.uint32], answered: NDArray[np.uint32], now: np.uint32
) -> None:
    for i in range(len(rows)):
        limit, answer = due[rows[i]], answered[rows[i]]
        if limit == 0 or (answer == 0 and not state[i] & IS_OPEN):
            out[i] = 0
        elif answer != 0:
            out[i] = 3 if answer <= limit else 4
        else:
            out[i] = 2 if limit < now else 1


def _by_id(column: str, entries: Sequence[Entry], without: tuple[str, str]) -> Axis:
    """Entries by the ids that stand in a column, behind them one for id 0 and ids that are not known."""
    table = np.full(max((entry.id for entry in entries), default=0) + 1, len(entries), np.int32)
    for place, entry in enumerate(entries):
        table[entry.id] = place
    return _by_table(column, table, entries, without)


def _by_table(column: str, table: NDArray[np.int32], entries: Sequence[Entry], without: tuple[str, str]) -> Axis:
    rows: list[Row] = [{"code": entry.code, "name": entry.name} for entry in entries]
    rows.append({"code": None, "name": dict(zip(("ru", "en"), without, strict=True))})

    def groups(state: ReplicaState, _: Selection, taken: SelectedRows) -> Groups:
        # An id that came after the catalogue was read has no entry yet.
        size = state.columns.largest[column] + 1
        fitted = np.concatenate([table, np.full(max(size - len(table), 0), len(entries), np.int32)])
        return map_to_groups(taken.rows, state.columns[column], fitted)

    return Axis(rows, groups)


_STATUS_OF = np.arange(256, dtype=np.int32) % LINKED


def _statuses(*_: Any) -> Axis:
    entries = [{"code": status.code, "name": {"ru": name, "en": status.code.replace("_", " ")}} for status, name in STATUS_NAMES.items()]
    return Axis(entries, lambda state, _, taken: map_to_groups(taken.rows, state.columns["status"], _STATUS_OF))


STATUS_NAMES = dict(
    zip(
        Status,
        ("новое", "назначено", "в работе", "промежуточный ответ", "дан ответ", "возвращено", "закрыто", "отклонено", "дубликат"),
        strict=True,
    )
)


def _deadlines(*_: Any) -> Axis:
    entries: list[Row] = [{"code": code, "name": {"ru": ru, "en": en}} for code, ru, en in DEADLINE_STATES]
    return Axis(entries, deadline_states)


def _sectors(catalogue: Catalogue, _: DistrictLevel) -> Axis:
    table = np.array(catalogue.sector_of_theme(), np.int32)
    return _by_table("theme", table, catalogue.sectors.all, ("Без отрасли", "Without sector"))


def _districts(catalogue: Catalogue, level: DistrictLevel) -> Axis:
    chosen = catalogue.districts_at(level)
    return _by_table("district", catalogue.group_index(chosen), chosen, ("Без района", "Without district"))


_WITHOUT_THEME, _WITHOUT_SOURCE = ("Без темы", "Without theme"), ("Без источника", "Without source")
_WITHOUT_AGENCY = ("Без исполнителя", "Without agency")

DIMENSIONS = {
    one.code: one
    for one in (
        Dimension("sector", {"ru": "Отрасль", "en": "Sector"}, _sectors),
        Dimension("theme", {"ru": "Тема", "en": "Theme"}, lambda known, _: _by_id("theme", known.themes.all, _WITHOUT_THEME)),
        Dimension("source", {"ru": "Источник", "en": "Source"}, lambda known, _: _by_id("source", known.sources.all, _WITHOUT_SOURCE)),
        Dimension("agency", {"ru": "Исполнитель", "en": "Agency"}, lambda known, _: _by_id("agency", known.agencies.all, _WITHOUT_AGENCY)),
        Dimension("status", {"ru": "Статус", "en": "Status"}, _statuses),
        Dimension("district", {"ru": "Район", "en": "District"}, _districts),
        Dimension("deadline", {"ru": "Срок", "en": "Deadline"}, _deadlines),
    )
}  # fmt: skip


def breakdown(
    state: ReplicaState, selection: Selection, dimensions: Sequence[Dimension], level: DistrictLevel, measure: Measure,
    compare: Selection | None = None, rows: SelectedRows | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Numbers of each combination that occurs, now or in the compared window, in the order of the dimensions' entries; and their total.

    rows: as of `GroupStats`.
    Raises InvalidParameter for a cross-table of more than MOST_CELLS.
    """
    axes = [dimension.axis(state.catalogue, level) for dimension in dimensions]
    shape = [len(axis.entries) for axis in axes]
    size = int(np.prod(shape))
    if size > MOST_CELLS:
        raise InvalidParameter("by", f"would make a table of {size:,} cells", f"dimensions that make at most {MOST_CELLS:,}")

    def regroup(state: ReplicaState, selection: Selection, taken: SelectedRows) -> SelectedRows:
        groups = axes[0].groups(state, selection, taken)
        for axis in axes[1:]:
            groups *= np.int32(len(axis.entries))
            groups += axis.groups(state, selection, taken)
        return replace(taken, groups=groups)

    facts = GroupStats(state, selection, replace(EVERYTHING, size=size), compare, regroup, rows)
    measures = chosen_measures(measure)
    occurs = facts.counts[:, 0] > 0
    if facts.previous:
        occurs |= facts.previous.counts[:, 0] > 0
    numbers = measure_row(facts, measures)
    cells = []
    for group in np.flatnonzero(occurs).tolist():
        places = np.unravel_index(group, shape)
        named = {dimension.code: axis.entries[int(place)]["code"] for dimension, axis, place in zip(dimensions, axes, places, strict=True)}
        cells.append({**named, **numbers[group]})
    return {
        "by": [dimension.code for dimension in dimensions],
        "dimensions": [
            {"code": dimension.code, "label": dimension.label, "entries": axis.entries}
            for dimension, axis in zip(dimensions, axes, strict=True)
        ],
        "cells": cells,
        "total": measure_row(facts.overall(), measures)[0],
        "units": units_of(measures),
    }


def chosen_measures(measure: Measure) -> list[Measure]:
    """The measures that every breakdown has, and the one that was asked for."""
    return [one for one in MEASURES.values() if one.code in _BASIC or one is measure]
