"""Numbers of one hexagon and its neighbours."""

from dataclasses import replace
from typing import Any

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.counting.selected_rows import SelectedRows
from geo_service.aggregation.measures.group_stats import GroupStats, RegroupFn
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.rows import Row, measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection

_MEASURES = [measure for measure in MEASURES.values() if not measure.districts_only]


def cell_page(state: ReplicaState, selection: Selection, cell: int, compare: Selection | None = None) -> dict[str, Any]:
    """The hexagon's own numbers, and those of the cells that touch it (six, five around a pentagon), in H3 order."""
    cells = [cell, *sorted(set(h3.grid_disk(cell, 1)) - {cell})]
    facts = GroupStats(state, selection, _among(state, cells), compare, _leave_out(len(cells)))
    rows = [{**_described(one), **numbers} for one, numbers in zip(cells, measure_row(facts, _MEASURES), strict=False)]
    return {"resolution": h3.get_resolution(cell), "cell": rows[0], "neighbours": rows[1:], "units": units_of(_MEASURES)}


def _among(state: ReplicaState, cells: list[int]) -> Grouping:
    """These cells, and behind them one group for all others."""
    resolution = h3.get_resolution(cells[0])
    level = state.pyramid.levels[resolution]
    places = level.index(np.array(cells, np.uint64))
    group_of = np.full(len(level), len(cells), np.int32)
    group_of[places[places >= 0]] = np.flatnonzero(places >= 0)
    return Grouping("cell", group_of[state.pyramid.up(resolution)], len(cells) + 1)


def _leave_out(others: int) -> RegroupFn:
    """Rows of the group `others` are not looked at."""

    def regroup(_: ReplicaState, __: Selection, taken: SelectedRows) -> SelectedRows:
        kept = taken.groups < others
        return replace(taken, rows=taken.rows[kept], groups=taken.groups[kept], state=taken.state[kept])

    return regroup


def _described(cell: int) -> Row:
    lat, lng = h3.cell_to_latlng(cell)
    return {"h3": h3.int_to_str(cell), "lng": round(lng, 6), "lat": round(lat, 6)}
