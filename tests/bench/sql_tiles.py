"""The same tiles from PostGIS by the best SQL we could write, beside ours over HTTP in the same run, turn and turn about."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
import mapbox_vector_tile
import numpy as np
import shapely
from h3ronpy.vector import cells_to_wkb_polygons

from geo_service.aggregation.selection.selection import Window
from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import Tile, feature_id, resolution_at
from tests.bench.bench import MONTH, YEAR, Bench
from tests.bench.dataset import AGENCIES, THEMES
from tests.bench.http_client import connect, get, timed
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread
from tests.bench.serving import ADHOC, tile_path

SQL = Path(__file__).parent / "sql"
_REPEATS = 20
_MERCATOR_RADIUS_M = 6_378_137.0

Counted = dict[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Rival:
    """One way to make a tile in SQL, for one window's length, and what ours has to beat it by.

    Against SQL that makes a whole tile stands our tile of a window never asked before; against SQL that leaves the
    classes out (they need every hexagon of the window, not only the tile's) our tile of a window whose counts are known.
    """

    name: str
    files: tuple[str, ...]
    days: int
    adhoc: bool = False
    known: bool = False
    least_ratio: float | None = None


_PER_TILE = ("tile_by_index", "tile_by_hash")
RIVALS = (
    Rival("roll-up, classes left out", _PER_TILE, MONTH, known=True),
    Rival("roll-up, classes left out", _PER_TILE, YEAR, known=True, least_ratio=5),
    Rival("roll-up, whole tile", ("tile_with_classes",), MONTH),
    Rival("roll-up, whole tile", ("tile_with_classes",), YEAR, least_ratio=5),
    Rival("ad-hoc filter", ("tile_adhoc",), MONTH, adhoc=True),
    Rival("ad-hoc filter", ("tile_adhoc",), YEAR, adhoc=True, least_ratio=30),
)
INDEXED_RIVALS = (
    Rival("ad-hoc filter, an index made for it", ("tile_adhoc",), MONTH, adhoc=True),
    Rival("ad-hoc filter, an index made for it", ("tile_adhoc",), YEAR, adhoc=True),
)
_INDEX = "create index bench_adhoc_idx on incident (agency_id, received_at) include (theme_id, status, cell, due_at)"


async def measure(bench: Bench) -> None:
    """The rivals one after the other; each query that a rival may use, and ours cold, for the same windows."""
    tile = (await bench.tiles())[0]
    async with open_connection(bench.url) as held:
        await _prepare(bench, held, tile.z)
        async with geo_serve(bench.url) as port:
            for place, rival in enumerate((*RIVALS, *INDEXED_RIVALS)):
                if rival is INDEXED_RIVALS[0]:
                    await held.execute(_INDEX)
                    await held.execute("vacuum (analyze) incident")
                # Windows that no rival had before: ours are to be cold.
                await _compete(bench, held, port, tile, rival, first=1 + place * _REPEATS)


async def _prepare(bench: Bench, held: asyncpg.Connection, zoom: int) -> None:
    """The roll-up, the hexagons and the covering index; none of it is counted as time."""
    resolution = resolution_at(zoom)
    for statement in _text("rollup", bench, zoom).split(";"):
        if statement.strip():
            await held.execute(statement)
    cells = (await bench.state()).pyramid.levels[resolution].cells
    outlines = mercator(np.asarray(cells_to_wkb_polygons(np.ascontiguousarray(cells))))
    await held.execute("create temporary table stage (cell bigint, id bigint, outline bytea)")
    rows = zip(cells.astype(np.int64).tolist(), feature_id(cells).astype(np.int64).tolist(), outlines, strict=True)
    await held.copy_records_to_table("stage", records=rows)
    await held.execute(
        "insert into bench_hexagon select cell, id, st_geomfromwkb(outline, 3857) from stage order by cell; drop table stage"
    )
    await held.execute("create index on bench_hexagon using gist (outline)")
    await held.execute("drop index if exists bench_adhoc_idx")
    await held.execute("vacuum (analyze) bench_rollup")
    await held.execute("vacuum (analyze) bench_hexagon")
    await held.execute("vacuum (analyze) incident")


async def _compete(bench: Bench, held: asyncpg.Connection, port: int, tile: Tile, rival: Rival, first: int) -> None:
    queries = {file: await held.prepare(_text(file, bench, tile.z)) for file in rival.files}
    agencies, themes = (
        await _ids(held, "agency", [one.code for one in AGENCIES[:2]]),
        await _ids(held, "theme", [one.code for one in THEMES[:3]]),
    )
    theirs: dict[str, list[float]] = {file: [] for file in rival.files}
    cold: list[float] = []
    known: list[float] = []
    hexagons = 0
    for turn in range(bench.times(_REPEATS)):
        window = bench.window(rival.days, back=first + turn)
        path = tile_path(tile, window, **(ADHOC if rival.adhoc else {}))
        expected = await _ask_ours(port, path, cold, known)
        for file, statement in queries.items():
            values = (tile.z, tile.x, tile.y, *_moments(window, rival.adhoc), *((agencies, themes) if rival.adhoc else ()))
            began = time.perf_counter()
            body = await statement.fetchval(*values)
            theirs[file].append(time.perf_counter() - began)
            agree(file, expected, counted(body))
        hexagons = len(expected)
    _report(bench, rival, (cold, known), theirs, hexagons)


async def _ask_ours(port: int, path: str, cold: list[float], known: list[float]) -> Counted:
    """The tile made with its counts, then without: what differs in words only is not in the cache."""
    # A connection left idle while SQL works would be closed by the server.
    http = await connect(port)
    packed = [get(f"{path}{words}", Accept_Encoding="gzip, deflate, br, zstd") for words in ("", "&measure=count")]
    cold += await timed(http, packed[:1])
    known += await timed(http, packed[1:])
    answer = await http.ask(get(path))
    http.close()
    return counted(answer.body)


def _report(bench: Bench, rival: Rival, ours: tuple[list[float], list[float]], theirs: dict[str, list[float]], hexagons: int) -> None:
    """Ours against the quickest of the rival's queries."""
    best = min(theirs, key=lambda file: percentiles(theirs[file])[0])
    quickest, (cold, known) = percentiles(theirs[best])[0], (percentiles(seconds)[0] for seconds in ours)
    ratio = quickest / (known if rival.known else cold)
    least = rival.least_ratio
    bench.report.add(
        Row(
            "sql", f"{rival.name}, {rival.days} days, {hexagons:,} hexagons",
            f"p50 cold {cold:.1f} ms, known window {known:.1f} ms", f"{best} {spread(theirs[best])}", ratio,
            f"≥ {least:.0f} times" if least else "", None if least is None else ratio >= least,
        ),
        **{f"{rival.name}_{rival.days}_{name}": value for name, value in (("ratio", ratio), ("cold", cold), ("known", known))},
        **{f"{rival.name}_{rival.days}_{file}": percentiles(seconds)[0] for file, seconds in theirs.items()},
    )  # fmt: skip


def counted(body: bytes) -> Counted:
    """n and open of each feature of a tile, by its id."""
    features = mapbox_vector_tile.decode(body)["hexes"]["features"] if body else []
    return {one["id"]: (one["properties"]["n"], one["properties"]["open"]) for one in features}


def agree(file: str, ours: Counted, theirs: Counted) -> None:
    """Both must count the same; PostGIS may leave out a hexagon that touches the tile's edge in no more than a point."""
    wrong = {cell: (counts, ours.get(cell)) for cell, counts in theirs.items() if ours.get(cell) != counts}
    if wrong or len(theirs) < 0.97 * len(ours):
        raise RuntimeError(f"{file} and the service differ: {len(theirs)} and {len(ours)} hexagons, {list(wrong.items())[:5]}")


async def _ids(held: asyncpg.Connection, table: str, codes: list[str]) -> list[int]:
    return [row["id"] for row in await held.fetch(f"select id from {table} where code = any($1)", codes)]


def _moments(window: Window, instants: bool) -> tuple[datetime, datetime] | tuple[date, date]:
    start, stop = (datetime.fromtimestamp(moment, UTC) for moment in (window.start, window.stop))
    return (start, stop) if instants else (start.date(), stop.date())


def _text(file: str, bench: Bench, zoom: int) -> str:
    values = {"resolution": resolution_at(zoom), "until": bench.until}
    return (SQL / f"{file}.sql").read_text(encoding="utf-8").format_map(values)


def mercator(wkb: object) -> list[bytes]:
    """Outlines in degrees as WKB → in metres of Web Mercator as WKB."""

    def project(degrees: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        radians = np.radians(degrees)
        return np.column_stack([radians[:, 0], np.arcsinh(np.tan(radians[:, 1]))]) * _MERCATOR_RADIUS_M

    outlines: list[bytes] = shapely.to_wkb(shapely.transform(shapely.from_wkb(wkb), project)).tolist()
    return outlines
