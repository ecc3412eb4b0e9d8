"""Tiles of incidents one by one over real HTTP from `geo serve`, of windows that nobody asked for before."""

import numpy as np

from geo_service.aggregation.columns.columns import POSITION_UNITS
from geo_service.aggregation.replica.replica import ReplicaState
from geo_service.aggregation.selection.selection import Window
from geo_service.tiles.encoding.grid import WORLD, Tile, project
from tests.bench.bench import MONTH, YEAR, Bench, question
from tests.bench.dataset import DAY_S
from tests.bench.http_client import Connection, connect, get, timed
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread

_ZOOMS = (12, 14)
_TILES = 20
"""Of each zoom, those with the most incidents in what all windows have in common."""
_MOST_MS = 10.0
_STEP_S = 420
"""Each window ends so much earlier than the one before."""


async def measure(bench: Bench) -> None:
    """The fullest tiles of the first zoom and of one at which a street fills the screen, for a month and for a year."""
    state = await bench.state()
    async with geo_serve(bench.url) as port:
        connection = await connect(port)
        step = 0
        for zoom in _ZOOMS:
            tiles = fullest(state, zoom, Window(bench.window(MONTH).start, bench.until - DAY_S))
            for days, count in ((MONTH, 60), (YEAR, 40)):
                # The compiled loops are woken before anything is timed.
                await timed(connection, [_request(bench, tiles[0], days, 0)])
                asked = [(tile, step := step + 1) for tile in (tiles * count)[: bench.times(count)]]
                await _report(bench, connection, days, asked)
        connection.close()


def fullest(state: ReplicaState, zoom: int, window: Window) -> list[Tile]:
    """The tiles of a zoom that have the most incidents of a window; fewer where not so many have any."""
    (low, high), _ = state.columns.candidate_ranges(window.start, window.stop)[0]
    lng, lat = state.columns["lng"][low:high], state.columns["lat"][low:high]
    points = project(lng / POSITION_UNITS, lat / POSITION_UNITS) // (WORLD >> zoom)
    places, counts = np.unique(points[:, 0].astype(np.int64) << 32 | points[:, 1], return_counts=True)
    found = places[np.argsort(-counts, kind="stable")[:_TILES]].tolist()
    return [Tile(zoom, place >> 32, place & 0xFFFFFFFF) for place in found]


def _request(bench: Bench, tile: Tile, days: int, step: int) -> bytes:
    last = bench.window(days)
    window = Window(last.start - step * _STEP_S, last.stop - step * _STEP_S)
    path = f"/tiles/incidents/{tile.z}/{tile.x}/{tile.y}.mvt?{question(window)}"
    return get(path, Accept_Encoding="gzip, deflate, br, zstd")


async def _report(bench: Bench, connection: Connection, days: int, asked: list[tuple[Tile, int]]) -> None:
    seconds = await timed(connection, [_request(bench, tile, days, step) for tile, step in asked])
    p50, p95, _ = percentiles(seconds)
    least, zoom = min(seconds) * 1000, asked[0][0].z
    what = f"incidents of {days} days, one of {_TILES} tiles of zoom {zoom} ({len(seconds)} windows)"
    row = Row("points", what, spread(seconds), f"least {least:.2f} ms", target=f"p50 ≤ {_MOST_MS:.0f} ms", met=p50 <= _MOST_MS)
    bench.report.add(row, **{f"zoom_{zoom}_{days}_p50": p50, f"zoom_{zoom}_{days}_p95": p95, f"zoom_{zoom}_{days}_least": least})
