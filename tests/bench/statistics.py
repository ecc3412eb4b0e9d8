"""Statistics over real HTTP from `geo serve`, of windows that nobody asked for before."""

import h3.api.basic_str as h3

from geo_service.aggregation.selection.selection import Window
from tests.bench.bench import MONTH, YEAR, Bench, question
from tests.bench.http_client import Connection, connect, get, timed
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread

ROUTES: dict[str, tuple[str, dict[str, str]]] = {
    "districts": ("/api/districts", {}),
    "districts, compared": ("/api/districts", {"compare": "previous"}),
    "one district": ("/api/districts/bench-22", {}),
    "summary": ("/api/summary", {}),
    "breakdown": ("/api/breakdown", {"by": "sector"}),
    "breakdown, two dimensions": ("/api/breakdown", {"by": "district,sector"}),
    "changes": ("/api/changes", {"by": "district,theme"}),
    "timeline": ("/api/timeline", {"bucket": "day"}),
    "timeline of sectors": ("/api/timeline", {"bucket": "day", "by": "sector"}),
    "newest incidents": ("/api/incidents", {}),
    "incidents by deadline": ("/api/incidents", {"order": "due"}),
    "agencies": ("/api/agencies", {}),
    "a cell": ("/api/cells/{cell}", {}),
    "district tile": ("/tiles/districts/{tile}.mvt", {}),
}
"""What is asked: the address, and the parameters beside the window."""

_MOST_MS = {MONTH: 10.0, YEAR: 60.0}
_TILE_MOST_MS = 10.0
_CELL_RESOLUTION = 7
_STEP_S = 420
"""Each window ends so much earlier than the one before."""


async def measure(bench: Bench) -> None:
    """Each route for a month and for a year."""
    tile = (await bench.tiles())[0]
    lng, lat = (tile.bounds[0] + tile.bounds[2]) / 2, (tile.bounds[1] + tile.bounds[3]) / 2
    places = {"tile": f"{tile.z}/{tile.x}/{tile.y}", "cell": h3.latlng_to_cell(lat, lng, _CELL_RESOLUTION)}
    async with geo_serve(bench.url) as port:
        connection = await connect(port)
        step = 0
        for name, (address, parameters) in ROUTES.items():
            path = address.format_map(places)
            # The compiled loops are woken before anything is timed.
            await timed(connection, [_request(bench, path, parameters, MONTH, 0)])
            for days, count in ((MONTH, 40), (YEAR, 20)):
                requests = [_request(bench, path, parameters, days, step := step + 1) for _ in range(bench.times(count))]
                await _report(bench, connection, name, days, requests)
        connection.close()


def _request(bench: Bench, path: str, parameters: dict[str, str], days: int, step: int) -> bytes:
    last = bench.window(days)
    window = Window(last.start - step * _STEP_S, last.stop - step * _STEP_S)
    return get(f"{path}?{question(window, **parameters)}", Accept_Encoding="gzip, deflate, br, zstd")


async def _report(bench: Bench, connection: Connection, name: str, days: int, requests: list[bytes]) -> None:
    seconds = await timed(connection, requests)
    p50, p95, _ = percentiles(seconds)
    most = _TILE_MOST_MS if name == "district tile" else _MOST_MS[days]
    row = Row(
        "statistics", f"{name}, {days} days ({len(seconds)} windows)", spread(seconds), target=f"p50 ≤ {most:.0f} ms", met=p50 <= most
    )
    key = name.replace(", ", "_").replace(" ", "_")
    bench.report.add(row, **{f"{key}_{days}_p50": p50, f"{key}_{days}_p95": p95})
