"""`python -m tests.bench`: measures the service on made-up incidents and prints one table."""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from geo_service.cluster.private_cluster import run_cluster
from geo_service.core.settings import read_settings
from tests.bench import (
    alerts,
    backtest,
    faults,
    freshness,
    gazetteer,
    growth,
    ingest,
    kernels,
    locate,
    measures,
    page,
    parquet,
    points,
    replica,
    restore,
    serving,
    session,
    size,
    soak,
    sql_tiles,
    statistics,
    weekly_report,
)
from tests.bench.bench import Bench
from tests.bench.dataset import DAY_S
from tests.bench.report import Report, Row
from tests.bench.store import fill, own_database

Part = Callable[[Bench], Awaitable[None]]

PARTS: dict[str, Part] = {
    "replica": replica.measure,
    "kernel": kernels.measure,
    "http": serving.measure,
    "measures": measures.measure,
    "size": size.measure,
    "points": points.measure,
    "statistics": statistics.measure,
    "report": weekly_report.measure,
    "backtest": backtest.measure,
    "sql": sql_tiles.measure,
    "session": session.measure,
    "fresh": freshness.measure,
    "ingest": ingest.measure,
    "locate": locate.measure,
    "gazetteer": gazetteer.measure,
}
NAMED_PARTS: dict[str, Part] = {
    "parquet": parquet.measure,
    "page": page.measure,
    "soak": soak.measure,
    "alerts": alerts.measure,
    "faults": faults.measure,
    "restore": restore.measure,
}
"""Run only when they are named: they take long; `alerts` needs 3 GB of memory, `page` and `soak` Chromium and the page's libraries."""

_DATABASE = "geo_bench"
_told = Console(stderr=True, highlight=False)


async def run(server: str, count: int, only: Sequence[str], *, keep: bool = False, quick: bool = False, name: str = _DATABASE) -> Report:
    """Fill a database `name` on the server and measure the parts; without `only` all but the long ones."""
    until = int(time.time()) // DAY_S * DAY_S
    report = Report(f"geo-service, {count:,} incidents over three years")
    async with own_database(server, name, keep) as url:
        bench = Bench(server, url, count, until, report, quick)
        await _fill(bench)
        for part in only or PARTS:
            _told.print(f"Measuring: {part}")
            await (PARTS | NAMED_PARTS)[part](bench)
    return report


async def grow(server: str, most: int, picture: Path) -> Report:
    """Measure at each of the sizes up to `most`, and draw the picture; the report of the last size."""
    reports = {size: await run(server, size, growth.PARTS) for size in growth.sizes(most)}
    growth.draw({size: report.values for size, report in reports.items()}, picture)
    return reports[most]


async def _fill(bench: Bench) -> None:
    columns = (TextColumn("Making incidents"), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_told) as progress:
        task = progress.add_task("incidents", total=bench.incidents)
        loaded = await fill(bench.url, bench.incidents, bench.until, lambda done: progress.update(task, completed=done))
    took = f"{loaded.seconds:.0f} s (indexes {loaded.indexing_s:.0f} s)" if loaded.seconds else "kept from before"
    figure = f"{loaded.rows:,} incidents, table and indexes {loaded.table_bytes / 1e6:,.0f} MB"
    bench.report.add(Row("data", "made, copied, indexed", figure, took), seconds=loaded.seconds, bytes=loaded.table_bytes)


_ONLY = f"some of: {', '.join(PARTS)}; only when named: {', '.join(NAMED_PARTS)}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--incidents", type=int, default=1_000_000, help="how many; 10_000_000 needs 10 GB of disk and 8 GB of memory")
    parser.add_argument("--only", nargs="+", choices=list(PARTS | NAMED_PARTS), default=[], metavar="PART", help=_ONLY)
    parser.add_argument("--keep", action="store_true", help="keep the filled database for the next run of the same day")
    parser.add_argument(
        "--growth",
        type=Path,
        metavar="SVG",
        help="measure at 100,000, a million … up to --incidents, and draw this",
    )
    parser.add_argument("--json", type=Path, help="write every number here, too")
    arguments = parser.parse_args()
    if arguments.incidents < 1:
        parser.error("--incidents must be at least 1")
    return arguments


def main() -> None:
    """Measure on GEO_DATABASE_URL's server, else on a private cluster beside the service's own."""
    arguments, settings = _arguments(), read_settings()

    def measure(server: str) -> Report:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            if arguments.growth:
                return runner.run(grow(server, arguments.incidents, arguments.growth))
            return runner.run(run(server, arguments.incidents, arguments.only, keep=arguments.keep))

    if settings.database_url:
        report = measure(settings.database_url)
    else:
        with run_cluster(settings.home / "bench", on_message=_told.print) as server:
            report = measure(server)
    report.print(Console(width=None if Console().is_terminal else 180))
    if arguments.json:
        report.write(arguments.json)


if __name__ == "__main__":
    main()
