"""Tiles over real HTTP from `geo serve`: cold, of a known window, from the cache, not modified."""

import itertools
from dataclasses import dataclass

import mapbox_vector_tile

from geo_service.aggregation.selection.selection import Window
from geo_service.tiles.encoding.grid import Tile
from tests.bench.bench import MONTH, YEAR, Bench, question
from tests.bench.dataset import AGENCIES, THEMES
from tests.bench.http_client import Answer, Connection, connect, get, throughput, timed
from tests.bench.processes import LOG_LEVEL, bare_asgi, geo_serve
from tests.bench.report import Row, percentiles, spread

ADHOC = {
    "theme": ",".join(one.code for one in THEMES[:3]),
    "agency": ",".join(one.code for one in AGENCIES[:2]),
    "status": "open,closed",
}
"""A filter that no roll-up was made for: three themes, two agencies, part of the status ladder."""

_COLD_MS, _KNOWN_MS = {MONTH: 5.0, YEAR: 20.0}, 4.0
"""The p50 to reach."""
_COLD_P99_MS = 15.0
"""For a month."""
_SHARE = 0.6
"""Of what an application gives that does nothing but send the same bytes: the goal where the machine is too slow for the rate."""
_WINDOW_STEP_S = 420
"""Each cold window ends so much earlier than the one before."""
_KNOWN_TILES = 5
_SECONDS = 3.0
_ROUNDS = 3
_HOP = ("connection", "date", "access-control-allow-origin")


@dataclass(frozen=True, slots=True)
class _Kind:
    """Answers from the cache of one kind; `goal` is requests a second, `key` what their figures are called."""

    name: str
    key: str
    status: int
    goal: int


_CACHED = _Kind("cached", "cached", 200, 20_000)
_UNCHANGED = _Kind("304", "unchanged", 304, 25_000)


async def measure(bench: Bench) -> None:
    """Everything about serving; the server is this project's own, one worker."""
    tiles = await bench.tiles()
    async with geo_serve(bench.url) as port:
        connection = await connect(port)
        await _describe_tile(bench, connection, tiles[0])
        for days, windows in ((MONTH, 60), (YEAR, 30)):
            await _fresh(bench, connection, tiles, days, windows)
        await _adhoc(bench, connection, tiles)
        await _kept(bench, connection, port, tiles[0])
        await _many_windows(bench, port, tiles)
        connection.close()


def tile_path(tile: Tile, window: Window, **parameters: str) -> str:
    """The path of a tile with its query string."""
    return f"/tiles/hexes/{tile.z}/{tile.x}/{tile.y}.mvt?{question(window, **parameters)}"


def _request(path: str, **headers: str) -> bytes:
    return get(path, Accept_Encoding="gzip, deflate, br, zstd", **headers)


def _shifted(bench: Bench, days: int, count: int, first: int = 1) -> list[Window]:
    """Windows that nobody asked for before."""
    last = bench.window(days)
    shifts = [step * _WINDOW_STEP_S for step in range(first, first + count)]
    return [Window(last.start - shift, last.stop - shift) for shift in shifts]


async def _describe_tile(bench: Bench, connection: Connection, tile: Tile) -> None:
    """How many hexagons the fullest of the tiles has; it also wakes the compiled loops."""
    path = tile_path(tile, bench.window(MONTH))
    plain = await connection.ask(get(path))
    packed = await connection.ask(_request(path))
    hexagons = len(mapbox_vector_tile.decode(plain.body)["hexes"]["features"])
    where = f"{tile.z}/{tile.x}/{tile.y}"
    text = f"{hexagons:,} hexagons, {len(plain.body):,} B, {len(packed.body):,} B {packed.header('content-encoding')}"
    bench.report.add(Row("http", f"tile {where} of {len(await bench.tiles())}", text), hexagons=hexagons, bytes=len(packed.body))


async def _fresh(bench: Bench, connection: Connection, tiles: list[Tile], days: int, count: int) -> None:
    """For each new window one tile, then further tiles of the same window."""
    cold: list[float] = []
    known: list[float] = []
    for place, window in enumerate(_shifted(bench, days, bench.times(count))):
        around = list(itertools.islice(itertools.cycle(tiles), place, place + min(_KNOWN_TILES, len(tiles))))
        requests = [_request(tile_path(tile, window)) for tile in around]
        if len(requests) == 1:
            # Asked for in other words, the same tile is made anew.
            requests.append(_request(tile_path(tiles[0], window, measure="count")))
        first, *others = await timed(connection, requests)
        cold.append(first)
        known += others
    for name, seconds, most in (("cold", cold, _COLD_MS[days]), ("known window", known, _KNOWN_MS)):
        p50, p95, p99 = percentiles(seconds)
        target, met = f"p50 ≤ {most:.0f} ms", p50 <= most
        if name == "cold" and days == MONTH:
            target, met = f"{target}, p99 ≤ {_COLD_P99_MS:.0f}", met and p99 <= _COLD_P99_MS
        row = Row("http", f"{name}, {days} days ({len(seconds)} requests)", spread(seconds), target=target, met=met)
        bench.report.add(row, **{f"{name}_{days}_{p}": value for p, value in (("p50", p50), ("p95", p95), ("p99", p99))})


async def _adhoc(bench: Bench, connection: Connection, tiles: list[Tile]) -> None:
    for days in (MONTH, YEAR):
        windows = _shifted(bench, days, bench.times(30), first=1000)
        seconds = await timed(connection, [_request(tile_path(tiles[0], window, **ADHOC)) for window in windows])
        bench.report.add(
            Row("http", f"cold, ad-hoc filter, {days} days", spread(seconds)), **{f"adhoc_{days}_p50": percentiles(seconds)[0]}
        )


async def _kept(bench: Bench, connection: Connection, port: int, tile: Tile) -> None:
    """One tile from the cache, beside an application that does nothing but send the same bytes."""
    path = tile_path(tile, bench.window(MONTH))
    answer = await connection.ask(_request(path))
    # A cached tile lives as long as its words keep their meaning: ask on, it is made anew within the run at most once.
    cached, unchanged = _request(path), _request(path, If_None_Match=answer.header("etag"))
    for name, request, status in (("cached", cached, 200), ("304", unchanged, 304)):
        seconds = await timed(connection, [request] * bench.times(2000), status)
        p50, p95, p99 = percentiles(seconds)
        bench.report.add(
            Row("http", f"{name}, one connection, log level {LOG_LEVEL}", spread(seconds)),
            **{f"{name}_p50": p50, f"{name}_p95": p95, f"{name}_p99": p99},
        )
    async with bare_asgi(_head(answer), answer.body) as yardstick:
        for concurrency in (8, 32):
            for kind, request in ((_CACHED, cached), (_UNCHANGED, unchanged)):
                await _compare(bench, kind, (port, yardstick), request, concurrency)


async def _compare(bench: Bench, kind: _Kind, ports: tuple[int, int], request: bytes, concurrency: int) -> None:
    """The service and the yardstick turn and turn about, so that both meet the same machine; the best round of each."""
    rounds: tuple[list[float], list[float]] = ([], [])
    for _ in range(bench.times(_ROUNDS)):
        for port, rates in zip(ports, rounds, strict=True):
            rates.append(await throughput(port, [request], concurrency, _seconds(bench), kind.status))
    rate, most = map(max, rounds)
    bench.report.add(
        Row(
            "http", f"{kind.name}, {concurrency} connections, log level {LOG_LEVEL}",
            f"{rate:,.0f} requests/s", f"bare ASGI {most:,.0f}", rate / most,
            f"≥ {kind.goal:,}/s or ≥ {_SHARE}", rate >= kind.goal or rate >= most * _SHARE,
        ),
        **{f"{kind.key}_rate_{concurrency}": rate, f"bare_{kind.key}_rate_{concurrency}": most},
    )  # fmt: skip


async def _many_windows(bench: Bench, port: int, tiles: list[Tile]) -> None:
    """Tiles of known windows as fast as one worker makes them: more of them than the client asks twice."""
    windows = _shifted(bench, MONTH, 20 if not bench.quick else 2, first=5000)
    requests = [_request(tile_path(tile, window)) for window in windows for tile in tiles]
    rate = await throughput(port, requests, 8, _seconds(bench))
    bench.report.add(
        Row("http", f"{len(requests)} tiles of {len(windows)} windows in turn, 8 connections", f"{rate:,.0f} requests/s"), mixed_rate=rate
    )


def _seconds(bench: Bench) -> float:
    return 0.1 if bench.quick else _SECONDS


def _head(answer: Answer) -> list[tuple[str, str]]:
    lines = [line.decode("latin-1").partition(":") for line in answer.head.split(b"\r\n")[1:]]
    return [(name.lower(), value.strip()) for name, _, value in lines if name.lower() not in _HOP]
