"""The numbers of one hexagon and its neighbours, and what happens in it: settlements, themes and timeline."""

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
from geo_service.aggregation.places.cell_names import name_cell
from geo_service.aggregation.places.town_parts import PART_RESOLUTION
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.aggregation.statistics.leading_entries import (
    leading_place_of_groups,
    leading_places,
    leading_themes,
    place_name,
    selected_in_group,
)
from geo_service.aggregation.statistics.timeline import BucketOptions, compute_timeline

_MEASURES = [measure for measure in TABLE_MEASURES.values() if not measure.districts_only]


def describe_cell(state: ReplicaState, query: Query, cell: int, bucket_options: BucketOptions) -> dict[str, Any]:
    """Return the numbers of an H3 cell with its name, settlements, themes and timeline, and the numbers of the cells that touch it.

    These are six, or five around a pentagon, in H3 order. The query's measure is among the numbers.
    """
    measures = add_chosen(_MEASURES, query.measure)
    cells = [cell, *sorted(set(h3.grid_disk(cell, 1)) - {cell})]
    stats = GroupStats(state, query.selection, _group_by_cells(state, cells), query.compare, _leave_out(len(cells)))
    # The last row of numbers is of all other cells.
    rows = [
        {**_describe_position(one), "name": name, **numbers}
        for one, name, numbers in zip(cells, _name_cells(state, stats, cells), measure_row(stats, measures), strict=False)
    ]
    own = selected_in_group(stats, 0)
    before = selected_in_group(stats.previous, 0) if stats.previous else None
    return {
        "resolution": h3.get_resolution(cell),
        "cell": rows[0],
        "neighbours": rows[1:],
        "settlements": leading_places(state, own, before),
        "themes": leading_themes(state, own, before),
        "timeline": compute_timeline(state, query.selection, bucket_options, query.measure, query.compare, own, cell=cell),
        "units": units_of(measures),
    }


def _name_cells(state: ReplicaState, stats: GroupStats, cells: list[int]) -> list[dict[str, str] | None]:
    """Return the names of cells: where most of their selected incidents are; of one without any, by the settlements in and near it."""
    names: list[dict[str, str] | None] = []
    # A hexagon as small as a part of a town is called by the part: all around it would have the name of the town.
    by_parts = h3.get_resolution(cells[0]) >= PART_RESOLUTION
    for cell, place in zip(cells, leading_place_of_groups(state, stats.taken, len(cells), by_parts=by_parts), strict=True):
        near = None if place else name_cell(cell, state.catalogue.settlements)
        names.append(place_name(place) if place else near and near._asdict())
    return names


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
