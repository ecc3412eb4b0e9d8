"""The arithmetic alone: counting against plain NumPy, encoding against mapbox-vector-tile."""

import time
from collections.abc import Callable

import mapbox_vector_tile
import numpy as np
import shapely
from numpy.typing import NDArray

from geo_service.aggregation.columns.columns import DELETED
from geo_service.aggregation.counting.counter import Counter
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.model import FINEST_RESOLUTION, LINKED, OPEN_STATUSES, Status
from geo_service.tiles.layers.base import TileRequest
from geo_service.tiles.layers.hexes import HexLayer
from tests.bench.bench import MONTH, YEAR, Bench
from tests.bench.report import Row


async def measure(bench: Bench) -> None:
    """Counts of every finest cell for a month and a year, and one tile."""
    state = await bench.state()
    for days in (MONTH, YEAR):
        selection = Selection(bench.window(days), bench.until)
        ours = _median(bench, lambda selection=selection: _count(state, selection))  # type: ignore[misc]  # bound at once
        plain = _median(bench, lambda selection=selection: count_with_numpy(state, selection))  # type: ignore[misc]  # bound at once
        bench.report.add(
            Row("kernel", f"count {days} days, every finest cell", f"{ours:.2f} ms", f"NumPy {plain:.2f} ms", plain / ours),
            **{f"count_{days}_ms": ours, f"numpy_{days}_ms": plain},
        )
    await _measure_encoder(bench, state)


async def _measure_encoder(bench: Bench, state: ReplicaState) -> None:
    layer, tile = HexLayer(), (await bench.tiles())[0]
    layer.refresh(state.pyramid)
    request = TileRequest(tile, Query(Selection(bench.window(MONTH), bench.until)))
    decoded = mapbox_vector_tile.decode(layer.encode(state, request).body)["hexes"]
    features = [{**one, "geometry": shapely.geometry.shape(one["geometry"])} for one in decoded["features"]]
    ours = _median(bench, lambda: layer.encode(state, request))
    theirs = _median(bench, lambda: mapbox_vector_tile.encode({"name": "hexes", "features": features}), 5)
    name, beside = f"tile of {len(features):,} hexagons from counts", f"mapbox-vector-tile {theirs:.0f} ms"
    bench.report.add(Row("kernel", name, f"{ours:.2f} ms", beside, theirs / ours), encode_ms=ours, mapbox_ms=theirs)


def _count(state: ReplicaState, selection: Selection) -> NDArray[np.int32]:
    # A counter of its own, whose cache is empty.
    return Counter(state.columns, state.pyramid, 1, state.changes).per_cell(selection, FINEST_RESOLUTION)


def count_with_numpy(state: ReplicaState, selection: Selection) -> NDArray[np.int64]:
    """n, open and overdue of each finest cell, (cells, 3), by a slice, masks and `bincount`."""
    columns, cells = state.columns, len(state.pyramid)
    window = np.array([selection.window.start, selection.window.stop], np.uint32)
    low, high = np.searchsorted(columns["received"][: columns.base], window)
    cell, status, due, answered = (columns[name][low:high] for name in ("cell", "status", "due", "answered"))
    is_open = np.isin(np.arange(DELETED + 1), list(OPEN_STATUSES))[status]
    overdue = is_open & (due > 0) & (due < np.uint32(selection.now)) & ((answered == 0) | (status % LINKED == Status.RETURNED))
    masks = (status != DELETED, is_open, overdue)
    return np.column_stack([np.bincount(cell[mask], minlength=cells) for mask in masks])


def _median(bench: Bench, work: Callable[[], object], times: int = 25) -> float:
    """Milliseconds, the median of some runs after one that does not count."""
    work()
    taken = []
    for _ in range(bench.times(times)):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken)) * 1000
