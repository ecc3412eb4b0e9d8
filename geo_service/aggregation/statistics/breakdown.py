"""Break a selection down by one or two dimensions. A dimension is one entry of `DIMENSIONS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import IS_OPEN, IS_OVERDUE
from geo_service.aggregation.arrays.parallel import map_parts, split_rows
from geo_service.aggregation.catalogue.catalogue import Catalogue, Entry
from geo_service.aggregation.counting.grouping import EVERYTHING
from geo_service.aggregation.counting.rows_in_cell import rows_in_cell
from geo_service.aggregation.counting.selected_rows import Groups, SelectedRows, map_to_groups
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import TABLE_MEASURES, Measure
from geo_service.aggregation.measures.rows import Row, measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.errors import InvalidParameter
from geo_service.core.model import LINKED, DistrictLevel, Status

MAX_CELLS = 250_000
"""Most cells of a cross-table, empty ones included; its counts take a few megabytes."""
_FEWER_CELLS = f"dimensions whose table has at most {MAX_CELLS:,} cells"

_RETURNED = int(Status.RETURNED)
_BASIC_MEASURES = ("count", "open", "overdue", "closed", "share_closed", "share_on_time", "answered_late", "change")


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """The entries of a dimension, and how rows are assigned to them."""

    entries: Sequence[Row]
    """Code and names of each; the code None stands for incidents without an entry."""
    groups: Callable[[ReplicaState, Selection, SelectedRows], Groups]
    """Returns the index of each selected row's entry, (rows,) int32."""


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """A property by which incidents are grouped."""

    code: str
    label: dict[str, str]
    axis: Callable[[Catalogue, DistrictLevel], Axis]


def deadline_states(state: ReplicaState, _: Selection, selected: SelectedRows) -> Groups:
    """Return the index of each row in `DEADLINE_STATES`, (rows,) int32."""
    out = np.empty(len(selected), np.int32)
    columns = state.columns
    args = columns["due"], columns["answered"], columns["status"]
    map_parts(lambda part: _judge_deadlines(out[part], selected.rows[part], selected.state[part], *args), split_rows(len(selected)))
    return out


DEADLINE_STATES = (
    ("none", "Срок не установлен или не оценивается", "No deadline, or it cannot be assessed"),
    ("waiting", "Без ответа, срок не истёк", "Unanswered, deadline ahead"),
    ("overdue", "Без ответа, срок истёк", "Unanswered, past the deadline"),
    ("on_time", "Ответ в срок", "Answered on time"),
    ("late", "Ответ с опозданием", "Answered late"),
)
"""Judged by the first answer, which does not count while the incident is returned.

An incident that was closed, rejected or marked a duplicate without an answer is not judged.
"""
_NONE, _WAITING, _OVERDUE, _ON_TIME, _LATE = range(len(DEADLINE_STATES))


@njit(nogil=True, cache=True)
def _judge_deadlines(
    out: Groups, rows: NDArray[np.int32], state: NDArray[np.uint8], due: NDArray[np.uint32], answered: NDArray[np.uint32],
    status: NDArray[np.uint8],
) -> None:  # fmt: skip
    for i in range(len(rows)):
        limit, answer = due[rows[i]], answered[rows[i]]
        if state[i] & IS_OVERDUE:
            out[i] = _OVERDUE
        elif limit == 0:
            out[i] = _NONE
        elif answer != 0 and status[rows[i]] % LINKED != _RETURNED:
            out[i] = _ON_TIME if answer <= limit else _LATE
        else:
            out[i] = _WAITING if state[i] & IS_OPEN else _NONE


def _by_id(column: str, entries: Sequence[Entry], without: tuple[str, str]) -> Axis:
    """Return an axis of entries by the ids in a column; the last entry is for id 0 and unknown ids."""
    table = np.full(max((entry.id for entry in entries), default=0) + 1, len(entries), np.int32)
    for index, entry in enumerate(entries):
        table[entry.id] = index
    return _by_table(column, table, entries, without)


def _by_table(column: str, table: NDArray[np.int32], entries: Sequence[Entry], without: tuple[str, str]) -> Axis:
    """Return an axis of entries. table: the index of the entry for each id in the column. without: names of the last entry."""
    rows: list[Row] = [{"code": entry.code, "name": entry.name} for entry in entries]
    rows.append({"code": None, "name": dict(zip(("ru", "en"), without, strict=True))})

    def groups(state: ReplicaState, _: Selection, selected: SelectedRows) -> Groups:
        # Incidents may have ids that are newer than the catalogue, which has no entry for them yet.
        size = state.columns.largest[column] + 1
        extended = np.concatenate([table, np.full(max(size - len(table), 0), len(entries), np.int32)])
        return map_to_groups(selected.rows, state.columns[column], extended)

    return Axis(rows, groups)


_STATUS_OF = np.arange(256, dtype=np.int32) % LINKED
"""The status behind each value of the column, in which linked duplicates are marked by adding LINKED."""


def _statuses(*_: Any) -> Axis:
    entries = [{"code": status.code, "name": {"ru": name, "en": status.code.replace("_", " ")}} for status, name in STATUS_NAMES.items()]
    return Axis(entries, lambda state, _, selected: map_to_groups(selected.rows, state.columns["status"], _STATUS_OF))


STATUS_NAMES = dict(
    zip(
        Status,
        (
            "новое",
            "назначено",
            "в работе",
            "промежуточный ответ",
            "дан ответ",
            "возвращено на доработку",
            "закрыто",
            "отклонено",
            "дубликат",
        ),
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
    districts = catalogue.districts_at(level)
    return _by_table("district", catalogue.group_index(districts), districts, ("Без района", "Without district"))


_WITHOUT_THEME, _WITHOUT_SOURCE = ("Без темы", "Without theme"), ("Без источника", "Without source")
_WITHOUT_AGENCY = ("Без ведомства", "Without agency")

DIMENSIONS = {
    dimension.code: dimension
    for dimension in (
        Dimension("sector", {"ru": "Отрасль", "en": "Sector"}, _sectors),
        Dimension("theme", {"ru": "Тема", "en": "Theme"}, lambda known, _: _by_id("theme", known.themes.all, _WITHOUT_THEME)),
        Dimension("source", {"ru": "Источник", "en": "Source"}, lambda known, _: _by_id("source", known.sources.all, _WITHOUT_SOURCE)),
        Dimension("agency", {"ru": "Ведомство", "en": "Agency"}, lambda known, _: _by_id("agency", known.agencies.all, _WITHOUT_AGENCY)),
        Dimension("status", {"ru": "Статус", "en": "Status"}, _statuses),
        Dimension("district", {"ru": "Район", "en": "District"}, _districts),
        Dimension("deadline", {"ru": "Срок", "en": "Deadline"}, _deadlines),
    )
}  # fmt: skip


def compute_breakdown(
    state: ReplicaState, selection: Selection, dimensions: Sequence[Dimension], level: DistrictLevel, measure: Measure,
    compare: Selection | None = None, rows: SelectedRows | None = None, cell: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Compute the numbers of each combination of entries that occurs, and their total.

    A combination occurs if it has incidents now or in the compared window. They are in the order of the dimensions' entries.
    rows: the rows of the selection if they have been selected already. cell: an H3 cell in which they lie.
    Raises `InvalidParameter` for a cross-table of more than MAX_CELLS.
    """
    axes = [dimension.axis(state.catalogue, level) for dimension in dimensions]
    size = int(np.prod([len(axis.entries) for axis in axes]))
    if size > MAX_CELLS:
        raise InvalidParameter("by", f"the table would have {size:,} cells", _FEWER_CELLS, "too-large")

    def regroup(state: ReplicaState, selection: Selection, selected: SelectedRows) -> SelectedRows:
        selected = rows_in_cell(state.columns, state.pyramid, selected, cell)
        groups = axes[0].groups(state, selection, selected)
        for axis in axes[1:]:
            groups *= np.int32(len(axis.entries))
            groups += axis.groups(state, selection, selected)
        return replace(selected, groups=groups)

    stats = GroupStats(state, selection, replace(EVERYTHING, size=size), compare, regroup, rows)
    measures = select_measures(measure)
    occurs = stats.counts[:, 0] > 0
    if stats.previous:
        occurs |= stats.previous.counts[:, 0] > 0
    numbers = measure_row(stats, measures)
    cells = [{**_codes_of(group, dimensions, axes), **numbers[group]} for group in np.flatnonzero(occurs).tolist()]
    return {
        "by": [dimension.code for dimension in dimensions],
        "dimensions": [
            {"code": dimension.code, "label": dimension.label, "entries": axis.entries}
            for dimension, axis in zip(dimensions, axes, strict=True)
        ],
        "cells": cells,
        "total": measure_row(stats.overall(), measures)[0],
        "units": units_of(measures),
    }


def _codes_of(group: int, dimensions: Sequence[Dimension], axes: Sequence[Axis]) -> dict[str, Any]:
    """Return the code of a group's entry in each dimension."""
    indexes = np.unravel_index(group, [len(axis.entries) for axis in axes])
    return {dimension.code: axis.entries[int(i)]["code"] for dimension, axis, i in zip(dimensions, axes, indexes, strict=True)}


def select_measures(measure: Measure) -> list[Measure]:
    """Return the measures that every breakdown has, and the requested one, unless it is one of places."""
    return [candidate for candidate in TABLE_MEASURES.values() if candidate.code in _BASIC_MEASURES or candidate is measure]
