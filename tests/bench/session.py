"""A map session: five choices of filter and window, for each forty tiles of a zoom from the region to a street, six requests at a time.

Ours over HTTP from `geo serve`, then the same tiles from PostGIS roll-ups behind the thinnest server, turn and turn about. The
rival leaves the classes out, has its roll-ups made beforehand, one a resolution, and is given the better of two queries.
"""

import asyncio
import gzip
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import h3.api.basic_int as h3
import numpy as np
from h3ronpy.vector import cells_to_wkb_polygons

from geo_service.aggregation.selection.selection import Selection, Window
from geo_service.core.database import open_connection
from geo_service.core.model import SECTORS
from geo_service.tiles.encoding.grid import WORLD, Tile, feature_id, project, resolution_at
from tests.bench.bench import MONTH, YEAR, Bench, question
from tests.bench.http_client import connect, get
from tests.bench.processes import geo_serve, thin_server
from tests.bench.report import Row, percentiles, spread
from tests.bench.serving import tile_path
from tests.bench.sql_tiles import agree, counted, mercator
from tests.bench.thin import sql_of

ZOOMS = range(5, 14)
_AT_A_TIME = 6
"""Requests that a browser has under way over HTTP/1.1."""
_PANNED_AT = 10
_SESSIONS = 3
_RIVALS = ("session_by_index", "session_by_hash")
_MOST_P95_MS, _LEAST_RATIO = 15.0, 10.0
_HOUSING, _ROADS = 4, 7
"""Places of two sectors, from 1: their ids."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person at the map has chosen: days back, and sectors by id; None means all."""

    days: int
    sectors: tuple[int, ...] | None = None


CHOICES = (Choice(MONTH), Choice(7), Choice(MONTH, (_ROADS,)), Choice(90, (_HOUSING, _ROADS)), Choice(YEAR))

Timed = tuple[list[float], float]
"""Seconds of each request, and of the whole session."""


async def measure(bench: Bench) -> None:
    """Sessions of both in turn, each in windows that nobody asked for before."""
    tiles = route(await _busiest(bench))
    async with open_connection(bench.url) as held:
        await _prepare(bench, held)
    ours: list[Timed] = []
    theirs: dict[str, list[Timed]] = {file: [] for file in _RIVALS}
    async with geo_serve(bench.url) as port, thin_server(bench.url) as thin:
        await _compare(bench, port, thin, tiles)
        asked = [(choice, tile) for choice in CHOICES for tile in tiles]
        for turn in range(bench.times(_SESSIONS)):
            ours.append(await _play(port, [_our_path(bench, *one, turn) for one in asked]))
            for file in _RIVALS:
                theirs[file].append(await _play(thin, [_their_path(bench, file, *one, turn) for one in asked]))
    _report(bench, ours, theirs)


def route(busiest: Tile) -> list[Tile]:
    """The forty tiles of a view two tiles wide and high that zooms in on a tile, pausing once to look beside it."""
    tiles = []
    for zoom in ZOOMS:
        x, y = busiest.x >> (busiest.z - zoom), busiest.y >> (busiest.z - zoom)
        tiles += [Tile(zoom, x + right, y + down) for right in (0, 1) for down in (0, 1)]
        if zoom == _PANNED_AT:
            tiles += [Tile(zoom, x + right, y + down) for right in (2, 3) for down in (0, 1)]
    return tiles


async def _busiest(bench: Bench) -> Tile:
    """The tile of the last zoom around the cell with the most incidents of the last month."""
    state = await bench.state()
    zoom = ZOOMS[-1]
    resolution = resolution_at(zoom)
    counts = state.counter.per_cell(Selection(bench.window(MONTH), bench.until), resolution)
    lat, lng = h3.cell_to_latlng(int(state.pyramid.levels[resolution].cells[int(np.argmax(counts[:, 0]))]))
    x, y = project(np.array([lng]), np.array([lat]))[0].tolist()
    return Tile(zoom, x // (WORLD >> zoom), y // (WORLD >> zoom))


async def _prepare(bench: Bench, held: asyncpg.Connection) -> None:
    """Roll-ups and hexagons of each resolution of the session; none of it is counted as time."""
    levels = (await bench.state()).pyramid.levels
    for resolution in sorted({resolution_at(zoom) for zoom in ZOOMS}):
        text = sql_of("session_rollup", resolution).replace("{until}", str(bench.until))
        for statement in text.split(";"):
            if statement.strip():
                await held.execute(statement)
        cells = levels[resolution].cells
        outlines = mercator(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells))))
        await held.execute("create temporary table stage (cell bigint, id bigint, outline bytea)")
        rows = zip(cells.astype(np.int64).tolist(), feature_id(cells).astype(np.int64).tolist(), outlines, strict=True)
        await held.copy_records_to_table("stage", records=rows)
        table = f"bench_session_hexagon_{resolution}"
        await held.execute(f"insert into {table} select cell, id, st_geomfromwkb(outline, 3857) from stage order by cell")
        await held.execute(f"drop table stage; create index on {table} using gist (outline)")
        await held.execute(f"vacuum (analyze) {table}")
        await held.execute(f"vacuum (analyze) bench_session_{resolution}")


def _window(bench: Bench, choice: Choice, turn: int) -> Window:
    """Whole days, as the roll-up has them; no two sessions have the same."""
    return bench.window(choice.days, back=1 + turn)


def _our_path(bench: Bench, choice: Choice, tile: Tile, turn: int) -> str:
    sectors = {"sector": ",".join(SECTORS[one - 1].code for one in choice.sectors)} if choice.sectors else {}
    return tile_path(tile, _window(bench, choice, turn), **sectors)


def _their_path(bench: Bench, file: str, choice: Choice, tile: Tile, turn: int) -> str:
    sectors = {"sector": ",".join(map(str, choice.sectors))} if choice.sectors else {}
    return f"/{file}/{tile.z}/{tile.x}/{tile.y}?{question(_window(bench, choice, turn), **sectors)}"


async def _play(port: int, paths: Sequence[str]) -> Timed:
    """Ask for all paths in order, so many at a time."""
    left = iter(paths)
    taken: list[float] = []

    async def work() -> None:
        connection = await connect(port)
        for path in left:
            began = time.perf_counter()
            answer = await connection.ask(get(path, Accept_Encoding="gzip"))
            taken.append(time.perf_counter() - began)
            if answer.status not in (200, 204):
                raise RuntimeError(f"{answer.status} for {path}: {answer.body[:300]!r}")
        connection.close()

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(_AT_A_TIME)))
    return taken, time.perf_counter() - began


async def _compare(bench: Bench, port: int, thin: int, tiles: list[Tile]) -> None:
    """Both must count the same in each tile of each choice; it wakes both, too, in windows of its own."""
    turn = _SESSIONS
    ours, theirs = await connect(port), await connect(thin)
    for choice in CHOICES:
        for tile in tiles if not bench.quick else tiles[::8]:
            expected = counted((await ours.ask(get(_our_path(bench, choice, tile, turn)))).body)
            for file in _RIVALS:
                answer = await theirs.ask(get(_their_path(bench, file, choice, tile, turn)))
                agree(f"{file} {choice} {tile}", expected, counted(gzip.decompress(answer.body)))
    ours.close()
    theirs.close()


def _report(bench: Bench, ours: list[Timed], theirs: dict[str, list[Timed]]) -> None:
    requests = [one for taken, _ in ours for one in taken]
    total = float(np.median([whole for _, whole in ours]))
    totals = {file: float(np.median([whole for _, whole in played])) for file, played in theirs.items()}
    best = min(totals, key=lambda file: totals[file])
    p50, p95, p99 = percentiles(requests)
    what = f"{len(requests)} tiles of {len(ours)} sessions, {_AT_A_TIME} at a time"
    bench.report.add(
        Row("session", what, spread(requests), target=f"p95 ≤ {_MOST_P95_MS:.0f} ms", met=p95 <= _MOST_P95_MS), p50=p50, p95=p95, p99=p99
    )
    slow = spread([one for taken, _ in theirs[best] for one in taken])
    bench.report.add(
        Row(
            "session", "a whole session", f"{total * 1000:,.0f} ms", f"{best} {totals[best] * 1000:,.0f} ms, {slow}",
            totals[best] / total, f"≥ {_LEAST_RATIO:.0f} times", totals[best] >= _LEAST_RATIO * total,
        ),
        seconds=total, ratio=totals[best] / total, **{f"{file}_seconds": seconds for file, seconds in totals.items()},
    )  # fmt: skip
