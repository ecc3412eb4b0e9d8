"""The hexagons of a resolution as a table: what a map of the selection shows, as rows."""

from typing import Any

import h3.api.basic_int as h3
import numpy as np

from geo_service.aggregation.counting.grouping import Grouping
from geo_service.aggregation.measures.group_stats import GroupStats
from geo_service.aggregation.measures.measures import TABLE_MEASURES, add_chosen
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.measures.rows import measure_row, units_of
from geo_service.aggregation.places.town_parts import PART_RESOLUTION
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.statistics.leading_entries import leading_place_of_groups, place_name
from geo_service.core.errors import InvalidParameter

MAX_CELLS = 20_000
"""Rows of a table: more than a map shows at any zoom, and about a second of work."""

_MEASURES = [measure for measure in TABLE_MEASURES.values() if not measure.districts_only]


def list_cells(state: ReplicaState, query: Query, resolution: int) -> dict[str, Any]:
    """Return the cells of a resolution with incidents of the selection, most first, each with its name, centre and measures.

    Cells with equal counts are in H3 order. Raises `InvalidParameter` where there are more than `MAX_CELLS`.
    """
    level = state.pyramid.levels[resolution]
    counts = state.counter.per_cell(query.selection, resolution)[:, 0]
    indexes = np.flatnonzero(counts)
    if len(indexes) > MAX_CELLS:
        wanted = f"a coarser resolution, or a selection with fewer than {MAX_CELLS} hexagons"
        raise InvalidParameter("resolution", f"has {len(indexes)} hexagons with incidents", wanted)
    indexes = indexes[np.lexsort((level.cells[indexes], -counts[indexes]))]
    group_of = np.full(len(level), len(indexes), np.int32)
    group_of[indexes] = np.arange(len(indexes))
    table = group_of[state.pyramid.up(resolution)]
    grouping = Grouping("cell", table, len(indexes) + 1, resolution=resolution, cells=np.append(indexes, -1).astype(np.intp))
    stats = GroupStats(state, query.selection, grouping, query.compare)
    measures = add_chosen(_MEASURES, query.measure)
    places = leading_place_of_groups(state, stats.taken, len(indexes), by_parts=resolution >= PART_RESOLUTION)
    # The last row of numbers is of all other cells: there are none with incidents.
    rows = [
        {**_describe(cell), "name": place and place_name(place), **numbers}
        for cell, place, numbers in zip(level.cells[indexes].tolist(), places, measure_row(stats, measures), strict=False)
    ]
    return {"resolution": resolution, "cells": rows, "units": units_of(measures)}


def _describe(cell: int) -> dict[str, Any]:
    lat, lng = h3.cell_to_latlng(cell)
    return {"h3": h3.int_to_str(cell), "lng": round(lng, 6), "lat": round(lat, 6)}
