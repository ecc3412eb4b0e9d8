"""Hexagons at full strength over real HTTP: compared, played, with totals, with other class breaks, without outlines."""

import itertools

from geo_service.aggregation.selection.selection import Window
from tests.bench.bench import MONTH, Bench, question
from tests.bench.http_client import Connection, connect, get, timed
from tests.bench.processes import geo_serve
from tests.bench.report import Row, percentiles, spread

_FRAMES = {"frames": "30"}
_COMPARE = {"compare": "previous"}
CASES: dict[str, tuple[str, dict[str, str], float | None]] = {
    "count": ("mvt", {}, None),
    "frames=30": ("mvt", _FRAMES, 25.0),
    "compare=previous": ("mvt", _COMPARE, 10.0),
    "measure=change": ("mvt", {**_COMPARE, "measure": "change"}, 10.0),
    "measure=unusual": ("mvt", {"measure": "unusual"}, None),
    "measure=gi": ("mvt", {"measure": "gi"}, None),
    "measure=emerging": ("mvt", {"measure": "emerging"}, None),
    "breaks=natural": ("mvt", {"breaks": "natural"}, None),
    "meta=1": ("mvt", {"meta": "1"}, None),
    "json": ("json", {}, None),
    "arrow": ("arrow", {}, None),
}
"""Form, parameters, and the p50 of a cold tile to reach in milliseconds."""

_TIMES_COUNT = {"measure=unusual": 2.0}
"""Cases whose p50 of a cold tile is to stay within so many times that of `count`."""

_WINDOWS = 30
_WINDOW_STEP_S = 420
"""Each cold window ends so much earlier than the one before."""
_KNOWN_TILES = 3


async def measure(bench: Bench) -> None:
    """For each case new windows: one tile of each, then further tiles of the same window."""
    await bench.tiles()
    async with geo_serve(bench.url) as port:
        connection = await connect(port)
        count_p50 = 0.0
        for place, name in enumerate(CASES):
            p50 = await _case(bench, connection, name, 10_000 + place * _WINDOWS, count_p50)
            count_p50 = p50 if name == "count" else count_p50
        connection.close()


async def _case(bench: Bench, connection: Connection, name: str, first: int, count_p50: float) -> float:
    """Return the p50 of cold tiles. count_p50: that of `count`."""
    form, parameters, most = CASES[name]
    most = _TIMES_COUNT[name] * count_p50 if name in _TIMES_COUNT else most
    tiles = await bench.tiles()
    last = bench.window(MONTH)
    cold: list[float] = []
    known: list[float] = []
    for place in range(bench.times(_WINDOWS)):
        shift = (first + place) * _WINDOW_STEP_S
        query = question(Window(last.start - shift, last.stop - shift), **parameters)
        around = list(itertools.islice(itertools.cycle(tiles), place, place + min(_KNOWN_TILES, len(tiles))))
        addresses = [f"/tiles/hexes/{tile.z}/{tile.x}/{tile.y}.{form}?{query}" for tile in around]
        seconds = await timed(connection, [get(one, Accept_Encoding="gzip, deflate, br, zstd") for one in addresses])
        cold.append(seconds[0])
        known += seconds[1:]
    answer = await connection.ask(get(addresses[0], Accept_Encoding="gzip, deflate, br, zstd"))
    p50 = percentiles(cold)[0]
    target, met = ("", None) if most is None else (f"p50 ≤ {most:.1f} ms", p50 <= most)
    note = f"min {min(cold) * 1000:.2f} ms, {len(answer.body) / 1000:.1f} kB"
    bench.report.add(Row("measures", f"cold, {name}", spread(cold), note, target=target, met=met), p50=p50, min=min(cold) * 1000)
    if known:
        bench.report.add(Row("measures", f"known window, {name}", spread(known)), p50=percentiles(known)[0])
    return p50
