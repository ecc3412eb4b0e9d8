"""The weekly report over real HTTP, and the tiles of a session while reports are made; reports of every district by the command."""

import asyncio
import itertools
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from geo_service.tiles.encoding.grid import Tile
from tests.bench.bench import MONTH, Bench, question
from tests.bench.http_client import connect, get, timed
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread

_COLD_MS, _CACHED_MS = 300.0, 5.0
_ALL_S, _ALL_MB = 60.0, 400.0
_WEEKS = 20
_NICENESS = "10"
"""Of the command, as in the documented unit of systemd: it has the time that the service leaves."""
_PAUSE_S = 0.05


async def measure(bench: Bench) -> None:
    """Reports of weeks that nobody asked for before, the same again, tiles meanwhile, and all districts as PDF."""
    # Without the search for alerts, which a report of past weeks does not wait for.
    async with geo_serve(bench.url, GEO_ALERTS="0") as port:
        connection = await connect(port)
        await timed(connection, [_request(bench, _WEEKS + 1)])
        requests = [_request(bench, back) for back in range(1, bench.times(_WEEKS) + 1)]
        for name, most in (("cold", _COLD_MS), ("again", _CACHED_MS)):
            seconds = await timed(connection, requests)
            p50, p95, _ = percentiles(seconds)
            row = Row("report", f"a week, {name} ({len(seconds)} weeks)", spread(seconds), target=f"p95 ≤ {most:.0f} ms", met=p95 <= most)
            bench.report.add(row, **{f"report_{name}_p50": p50, f"report_{name}_p95": p95})
        connection.close()
        await _measure_tiles(bench, port)
        await _measure_command(bench, port)


def _request(bench: Bench, back: int) -> bytes:
    year, week, _ = (datetime.fromtimestamp(bench.until, UTC) - timedelta(weeks=back)).isocalendar()
    return get(f"/report?week={year}-W{week:02}&lang=ru", Accept_Encoding="gzip")


async def _measure_tiles(bench: Bench, port: int) -> None:
    """Tiles of new windows alone, and while another client asks for one report after the other."""
    tiles = (await bench.tiles())[: bench.times(40)]
    connection, other = await connect(port), await connect(port)
    alone = await timed(connection, [_tile(bench, tile, step) for step, tile in enumerate(tiles)])

    async def ask_for_reports() -> None:
        back = 2 * _WEEKS
        while True:
            back += 1
            await timed(other, [_request(bench, back)])

    asking = asyncio.create_task(ask_for_reports())
    meanwhile = await timed(connection, [_tile(bench, tile, step + 1000) for step, tile in enumerate(tiles)])
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    connection.close()
    other.close()
    (_, p95_alone, _), (_, p95, _) = percentiles(alone), percentiles(meanwhile)
    bench.report.add(Row("report", "tiles of new windows, alone", spread(alone)), report_tiles_alone_p95=p95_alone)
    bench.report.add(Row("report", "tiles of new windows, reports made meanwhile", spread(meanwhile)), report_tiles_p95=p95)


def _tile(bench: Bench, tile: Tile, step: int) -> bytes:
    window = bench.window(MONTH)
    moved = type(window)(window.start - 60 * step, window.stop - 60 * step)
    return get(f"/tiles/hexes/{tile.z}/{tile.x}/{tile.y}.mvt?{question(moved)}", Accept_Encoding="gzip")


async def _measure_command(bench: Bench, port: int) -> None:
    """All districts as PDF by `geo report` at low priority: its time and memory, that of the process that makes the PDFs included.

    Meanwhile the service on `port` is asked for tiles of new windows, again and again.
    """
    year, week, _ = (datetime.fromtimestamp(bench.until, UTC) - timedelta(weeks=1)).isocalendar()
    with tempfile.TemporaryDirectory() as folder:
        program = "from geo_service.cli.main import main; main()"
        arguments = ["report", "--week", f"{year}-W{week:02}", "--all-districts", "--format", "pdf", "--out", folder]
        began, seconds = time.monotonic(), list[float]()
        process = await asyncio.create_subprocess_exec(
            "nice",
            "-n",
            _NICENESS,
            sys.executable,
            "-c",
            program,
            *arguments,
            env=os.environ | {"GEO_DATABASE_URL": bench.url},
            stdout=-3,
            stderr=-3,
        )
        watching, asking = asyncio.create_task(_watch_memory(process.pid)), asyncio.create_task(_ask_for_tiles(bench, port, seconds))
        code = await process.wait()
        asking.cancel()
        took, count = time.monotonic() - began, len(os.listdir(folder))  # noqa: PTH208
        most_mb = await watching
    what, figure = f"`geo report --all-districts`, {count} PDFs", f"{took:.1f} s, {most_mb:.0f} MB in both processes"
    met = code == 0 and took <= _ALL_S and most_mb <= _ALL_MB
    row = Row("report", what, figure, target=f"≤ {_ALL_S:.0f} s, ≤ {_ALL_MB:.0f} MB", met=met)
    bench.report.add(row, report_all_s=took, report_all_mb=most_mb)
    await asyncio.gather(asking, return_exceptions=True)
    _, p95, _ = percentiles(seconds)
    row = Row("report", f"tiles of new windows, `nice -n {_NICENESS} geo report` meanwhile", spread(seconds))
    bench.report.add(row, report_command_tiles_p95=p95)


async def _ask_for_tiles(bench: Bench, port: int, seconds: list[float]) -> None:
    """Ask for tiles of new windows, one after the other until cancelled; add how long each took."""
    tiles, connection = await bench.tiles(), await connect(port)
    try:
        for step, tile in enumerate(itertools.cycle(tiles)):
            seconds += await timed(connection, [_tile(bench, tile, step + 2000)])
            await asyncio.sleep(_PAUSE_S)
    finally:
        connection.close()


async def _watch_memory(pid: int) -> float:
    """Return the most memory that a process and its children had at once, MB, until the process ends."""
    most = 0.0
    while memory := _resident_mb(pid):
        most = max(most, memory + sum(map(_resident_mb, _children_of(pid))))
        await asyncio.sleep(0.1)
    return most


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _resident_mb(pid: int) -> float:
    """Return a process's resident memory; 0 once it has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * resource.getpagesize() / 1e6
