"""The numbers of one hexagon and its neighbours, and what happens in it: themes and timeline."""

from dataclasses import replace
from typing import Any

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.counting.selected_rows import SelectedRows
from geo_service.aggregation.measures.group_stats import GroupStats, RegroupFn
from geo_service.aggregation.measures.measures import TABLE_MEASURES, add_chosen
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.rows import Row, measure_row, units_of
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.leading_entries import leading_themes, selected_in_group
from geo_service.aggregation.statistics.timeline import BucketOptions, compute_timeline

_MEASURES = [measure for measure in TABLE_MEASURES.values() if not measure.districts_only]


def describe_cell(state: ReplicaState, query: Query, cell: int, bucket_options: BucketOptions) -> dict[str, Any]:
    """Return the numbers of an H3 cell with its themes and timeline, and the numbers of the cells that touch it.

    These are six, or five around a pentagon, in H3 order. The query's measure is among the numbers.
    """
    measures = add_chosen(_MEASURES, query.measure)
    cells = [cell, *sorted(set(h3.grid_disk(cell, 1)) - {cell})]
    stats = GroupStats(state, query.selection, _group_by_cells(state, cells), query.compare, _leave_out(len(cells)))
    # The last row of numbers is of all other cells.
    rows = [{**_describe_position(one), **numbers} for one, numbers in zip(cells, measure_row(stats, measures), strict=False)]
    own = selected_in_group(stats, 0)
    before = selected_in_group(stats.previous, 0) if stats.previous else None
    return {
        "resolution": h3.get_resolution(cell),
        "cell": rows[0],
        "neighbours": rows[1:],
        "themes": leading_themes(state, own, before),
        "timeline": compute_timeline(state, query.selection, bucket_options, query.measure, query.compare, own, cell=cell),
        "units": units_of(measures),
    }


def _group_by_cells(state: ReplicaState, cells: list[int]) -> Grouping:
    """Return a grouping by these cells of one resolution, with a last group for all others."""
    resolution = h3.get_resolution(cells[0])
    level = state.pyramid.levels[resolution]
    indexes = level.index(np.array(cells, np.uint64))
    group_of = np.full(len(level), len(cells), np.int32)
    group_of[indexes[indexes >= 0]] = np.flatnonzero(indexes >= 0)
    table = group_of[state.pyramid.up(resolution)]
    return Grouping("cell", table, len(cells) + 1, resolution=resolution, cells=np.append(indexes, -1).astype(np.intp))


def _leave_out(others: int) -> RegroupFn:
    """Return a function that drops the rows of the last group, `others`.

    Nearly all rows are in this group, and nobody asks for its numbers: its medians would take most of the time.
    """

    def regroup(_: ReplicaState, __: Selection, selected: SelectedRows) -> SelectedRows:
        inside = selected.groups < others
        return replace(selected, rows=selected.rows[inside], groups=selected.groups[inside], state=selected.state[inside])

    return regroup


def _describe_position(cell: int) -> Row:
    """Return a cell's index as text and its centre in degrees."""
    lat, lng = h3.cell_to_latlng(cell)
    return {"h3": h3.int_to_str(cell), "lng": round(lng, 6), "lat": round(lat, 6)}
