"""Freshness: from a commit to the tile that shows it, while many rows are being written."""

import asyncio
import time

import asyncpg
import h3.api.basic_int as h3
import mapbox_vector_tile
import numpy as np

from geo_service.core.database import open_connection
from geo_service.core.model import FINEST_RESOLUTION, GeocodedBy, LocationQuality, Status
from geo_service.tiles.encoding.grid import MAX_ZOOM, WORLD, Tile, project
from ingest.write.incident_batch import IncidentBatch
from ingest.write.incident_writer import IncidentWriter
from ingest.write.reference_data import Source
from tests.bench.bench import Bench
from tests.bench.copying import Ids
from tests.bench.dataset import SEED, THEMES
from tests.bench.http_client import Connection, connect, get
from tests.bench.processes import geo_serve
from tests.bench.region import Houses, build_houses
from tests.bench.report import Row, percentiles, spread
from tests.bench.store import ensure_catalogue

ROWS_A_SECOND = 500
_COMMITS_A_SECOND = 10
_SECONDS = 25
_MOST_MS = 500.0
_REST_S = 0.002
_PATIENCE_S = 10.0
_SOURCE = Source("bench-fresh", "fresh", "fresh", "synthetic", True)
_MARK = (30.0, 30.0)
"""Longitude and latitude of the one incident of each commit that is looked for, far from all others."""


async def measure(bench: Bench) -> None:
    """Each commit has one row at the mark: the count there, in a month's window, tells how many commits a tile shows."""
    commits = bench.times(_SECONDS * _COMMITS_A_SECOND)
    async with geo_serve(bench.url) as port, open_connection(bench.url) as held:
        try:
            committed: list[float] = []
            watching = asyncio.create_task(_watch(port, commits))
            await _write(held, commits, committed)
            seen = await watching
        finally:
            await _take_away(bench)
    late = [seen[place] - moment for place, moment in enumerate(committed)]
    p50, _, p99 = percentiles(late)
    rows = ROWS_A_SECOND // _COMMITS_A_SECOND
    rate = len(committed) * rows / (committed[-1] - committed[0] + 1 / _COMMITS_A_SECOND)
    bench.report.add(
        Row(
            "fresh", f"commit to changed tile, {commits} commits of {rows} rows, {rate:,.0f} rows/s", spread(late),
            target=f"p99 ≤ {_MOST_MS:.0f} ms", met=p99 <= _MOST_MS,
        ),
        p50=p50, p99=p99,
    )  # fmt: skip


async def _write(held: asyncpg.Connection, commits: int, committed: list[float]) -> None:
    """Write at an even pace, and note when each commit had returned."""
    houses = build_houses(10_000, np.random.default_rng(SEED + 1))
    ids = await ensure_catalogue(held)
    async with IncidentWriter(held) as writer:
        source = await writer.reference_data.ensure_source(_SOURCE)
        began = time.perf_counter()
        for turn in range(commits):
            await asyncio.sleep(max(0.0, began + turn / _COMMITS_A_SECOND - time.perf_counter()))
            await writer.write(_batch(turn, houses, ids, source))
            committed.append(time.perf_counter())


def _batch(turn: int, houses: Houses, ids: Ids, source: int) -> IncidentBatch:
    """New incidents of this moment: the first at the mark, the others anywhere."""
    count = ROWS_A_SECOND // _COMMITS_A_SECOND
    rng = np.random.default_rng((SEED, turn))
    house = rng.integers(len(houses.cell), size=count)
    lng, lat, cell = houses.lng[house], houses.lat[house], houses.cell[house]
    lng[0], lat[0] = _MARK
    cell[0] = h3.latlng_to_cell(_MARK[1], _MARK[0], FINEST_RESOLUTION)
    now = np.full(count, np.datetime64(time.time_ns() // 1000, "us"))
    none = np.full(count, np.datetime64("NaT", "us"))
    return IncidentBatch(
        source_id=np.full(count, source, np.int16), external_id=[f"{turn}-{row}" for row in range(count)],
        lng=lng, lat=lat, cell=cell, address=[""] * count, message=[""] * count,
        location_quality=np.full(count, LocationQuality.HOUSE, np.int16), confidence=np.full(count, np.nan, np.float32),
        geocoded_by=np.full(count, GeocodedBy.INPUT, np.int16),
        theme_id=ids.themes[rng.integers(len(THEMES), size=count)].astype(np.int32), agency_id=np.zeros(count, np.int32),
        status=np.full(count, Status.NEW, np.int16), received_at=now, due_at=none, answered_at=none, closed_at=none, updated_at=now,
    )  # fmt: skip


async def _watch(port: int, commits: int) -> list[float]:
    """When each number of commits was first seen in the tile, by asking for it again and again."""
    http = await connect(port)
    seen: list[float] = []
    heard = time.perf_counter()
    while len(seen) < commits and time.perf_counter() - heard < _PATIENCE_S:
        shown = await _shown(http)
        if shown > len(seen):
            heard = time.perf_counter()
            seen += [heard] * (shown - len(seen))
        await asyncio.sleep(_REST_S)
    http.close()
    if len(seen) < commits:
        raise RuntimeError(f"the tile showed {len(seen)} of {commits} commits")
    return seen


async def _shown(http: Connection) -> int:
    tile = _marked_tile()
    body = (await http.ask(get(f"/tiles/hexes/{tile.z}/{tile.x}/{tile.y}.mvt?window=30d"))).body
    return max((one["properties"]["n"] for one in mapbox_vector_tile.decode(body)["hexes"]["features"]), default=0) if body else 0


def _marked_tile() -> Tile:
    x, y = project(np.array([_MARK[0]]), np.array([_MARK[1]]))[0].tolist()
    size = WORLD >> MAX_ZOOM
    return Tile(MAX_ZOOM, x // size, y // size)


async def _take_away(bench: Bench) -> None:
    """Leave the data set as it was, for a run that keeps it."""
    async with open_connection(bench.url) as held:
        await held.execute("delete from incident where source_id = (select id from source where code = $1)", _SOURCE.code)
        await held.execute("delete from incident_tombstone")
