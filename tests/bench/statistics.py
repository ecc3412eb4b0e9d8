"""Statistics over real HTTP from `geo serve`, of windows that nobody asked for before."""

from geo_service.aggregation.selection import Window
from tests.bench.bench import MONTH, YEAR, Bench, question
from tests.bench.http_client import Connection, connect, get, timed
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread

ROUTES = {
    "districts": {},
    "districts, compared": {"compare": "previous"},
    "breakdown": {"by": "sector"},
    "breakdown, two dimensions": {"by": "district,sector"},
    "timeline": {"bucket": "day"},
}
"""What is asked, and the parameters beside the window; the route is the first word."""

_MOST_MS = {MONTH: 10.0, YEAR: 60.0}
_STEP_S = 420
"""Each window ends so much earlier than the one before."""


async def measure(bench: Bench) -> None:
    """Each route for a month and for a year."""
    async with geo_serve(bench.url) as port:
        connection = await connect(port)
        step = 0
        for name in ROUTES:
            # The compiled loops are woken before anything is timed.
            await timed(connection, [_request(bench, name, MONTH, 0)])
            for days, count in ((MONTH, 40), (YEAR, 20)):
                requests = [_request(bench, name, days, step := step + 1) for _ in range(bench.times(count))]
                await _report(bench, connection, name, days, requests)
        connection.close()


def _request(bench: Bench, name: str, days: int, step: int) -> bytes:
    last = bench.window(days)
    window = Window(last.start - step * _STEP_S, last.stop - step * _STEP_S)
    return get(f"/api/{name.partition(',')[0]}?{question(window, **ROUTES[name])}", Accept_Encoding="gzip, deflate, br, zstd")


async def _report(bench: Bench, connection: Connection, name: str, days: int, requests: list[bytes]) -> None:
    seconds = await timed(connection, requests)
    p50, p95, _ = percentiles(seconds)
    most = _MOST_MS[days]
    row = Row(
        "statistics", f"{name}, {days} days ({len(seconds)} windows)", spread(seconds), target=f"p50 ≤ {most:.0f} ms", met=p50 <= most
    )
    key = name.replace(", ", "_").replace(" ", "_")
    bench.report.add(row, **{f"{key}_{days}_p50": p50, f"{key}_{days}_p95": p95})
