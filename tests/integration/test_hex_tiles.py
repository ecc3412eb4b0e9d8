"""What hexagons carry on request: comparison with another window and class breaks, on incidents with known counts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.app import create_app
from geo_service.database import connection
from geo_service.settings import Settings
from tests.integration.test_http import features, ready, until
from tests.unit.test_grid import slippy_tile

ZOOM = 8
"""Shows resolution 7."""
START = datetime(2024, 3, 1, tzinfo=UTC)
SPAN = timedelta(days=10)
WINDOW = {"from": START.isoformat(), "to": (START + SPAN).isoformat()}
AGO = {**WINDOW, "compare": "previous"}
PAIRS = [(5, 0), (6, 0), (0, 6), (0, 5), (20, 40), (40, 20), (10, 11), (3, 3), (70, 10), (1, 0), (9, 2), (12, 6), (30, 90), (1, 1)]
"""Incidents in the window, and in the equally long one before."""
DIFFERENT = {(6, 0), (0, 6), (20, 40), (40, 20), (70, 10), (30, 90)}
"""Pairs whose doubled smaller tail of the binomial distribution is at most 0.05; of (9, 2) it is 0.065."""
CELLS = sorted(h3.grid_disk(h3.latlng_to_cell(45.04, 38.98, 7), 2))[: len(PAIRS)]
COUNTED = {h3.int_to_str(cell): pair for cell, pair in zip(CELLS, PAIRS, strict=True)}


async def fill(held: asyncpg.Connection) -> None:
    """For each pair its incidents, evenly over the hours of the windows, in the middle of its cell."""
    await held.execute(
        "insert into source (code, name_ru, name_en, attribution) values ('portal', 'Портал', 'Portal', 'Portal data');"
        "insert into theme (code, sector_id, name_ru, name_en) values ('roads.pothole', 7, 'Яма', 'Pothole')"
    )
    rows = []
    for cell, pair in zip(CELLS, PAIRS, strict=True):
        lat, lng = h3.cell_to_latlng(cell)
        finest = h3.latlng_to_cell(lat, lng, 10)
        for begin, count in zip((START, START - SPAN), pair, strict=True):
            rows += [(f"{cell}-{begin:%d}-{i}", lng, lat, finest, 6 * (i % 2), begin + SPAN * i / count) for i in range(count)]
    await held.executemany(
        "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
        " values (1, $1, st_setsrid(st_makepoint($2, $3), 4326), $4, 0, 1, $5, $6, $6)",
        rows,
    )


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> Iterator[str]:
    """The module's database with the incidents in it."""

    async def run() -> None:
        async with connection(database_url) as held:
            await fill(held)

    asyncio.run(run())
    yield database_url


@pytest.fixture
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    app = create_app(Settings(database_url=filled_url, public_url="https://map.example.org"))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", headers={"Accept-Encoding": "identity"}) as made,
    ):
        await until(lambda: ready(made))
        yield made


def tile(form: str = "mvt", zoom: int = ZOOM, column: int = 0, row: int = 0) -> str:
    """The tile that many columns and rows from the one in the middle."""
    x, y = slippy_tile(38.98, 45.04, zoom)
    return f"/tiles/hexes/{zoom}/{x + column}/{y + row}.{form}"


async def hexagons(client: httpx.AsyncClient, **query: str) -> dict[str, dict[str, Any]]:
    """Properties of all hexagons around, by H3 index; the same in every tile."""
    found: dict[str, dict[str, Any]] = {}
    for column, row in ((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
        answer = await client.get(tile(column=column, row=row), params={"fields": "h3", **query})
        for feature in features(answer.content) if answer.content else []:
            properties = feature["properties"]
            cell = properties.pop("h3")
            assert found.setdefault(cell, properties) == properties
    return found


async def legend_of(client: httpx.AsyncClient, **query: str) -> dict[str, Any]:
    made: dict[str, Any] = (await client.get("/api/legend", params={"zoom": str(ZOOM), **query})).json()
    return made


def per_class(hexes: dict[str, dict[str, Any]]) -> dict[int, int]:
    found = [one["class"] for one in hexes.values()]
    return {number: found.count(number) for number in set(found)}


async def test_compared_hexagons_carry_both_counts_and_whether_they_differ(client: httpx.AsyncClient) -> None:
    found = await hexagons(client, **AGO)
    assert set(found) == {cell for cell, (n, _) in COUNTED.items() if n}
    for cell, one in found.items():
        n, n0 = COUNTED[cell]
        assert (one["n"], one["n0"], one["delta"]) == (n, n0, n - n0)
        assert one["significant"] is ((n, n0) in DIFFERENT)
    described = (await client.get("/tiles/hexes.json", params=AGO)).json()["vector_layers"][0]["fields"]
    assert {"n0", "delta", "significant"} <= set(described)
    assert "n0" not in (await client.get("/tiles/hexes.json", params=WINDOW)).json()["vector_layers"][0]["fields"]


async def test_a_change_that_chance_explains_is_classed_as_none(client: httpx.AsyncClient) -> None:
    found = await hexagons(client, measure="change", **AGO)
    # Where there is nothing any more it is drawn, too.
    assert set(found) == {cell for cell, pair in COUNTED.items() if any(pair)}
    for cell, one in found.items():
        n, n0 = COUNTED[cell]
        assert one.get("value") == (round(n / n0 - 1, 4) if n0 else None)
        if (n, n0) not in DIFFERENT:
            assert one["class"] == 2
        else:
            assert (one["class"] > 2) == (n > n0)
            assert one["class"] != 2
    assert found[h3.int_to_str(CELLS[PAIRS.index((6, 0))])]["class"] == 4
    assert found[h3.int_to_str(CELLS[PAIRS.index((0, 6))])]["class"] == 0


async def test_the_legend_of_a_change_counts_what_is_in_the_tiles_and_names_the_test(client: httpx.AsyncClient) -> None:
    for query in ({**AGO, "measure": "change"}, {**AGO, "measure": "change", "breaks": "-0.6,3"}):
        found, legend = await hexagons(client, **query), await legend_of(client, **query)
        assert {row["class"]: row["cells"] for row in legend["classes"] if row["cells"]} == per_class(found)
        assert legend["cells"] == len(found)
        assert legend["without_value"] == sum(n > 0 and n0 == 0 for n, n0 in PAIRS)
        assert (legend["significance"]["class"], legend["significance"]["p"]) == (2, 0.05)
        assert [row["class"] for row in legend["classes"]] == [0, 1, 2, 3, 4]
        assert legend["max"] == 6.0
    assert legend["breaks"] == "-0.6,3"
    assert [row["from"] for row in legend["classes"] if row["class"] != 2] == [-1, -0.6, 0, 3]
    classes = {pair: found[cell]["class"] for cell, pair in COUNTED.items() if cell in found and pair in DIFFERENT}
    assert classes == {(6, 0): 4, (0, 6): 0, (20, 40): 1, (40, 20): 3, (70, 10): 4, (30, 90): 0}


@pytest.mark.parametrize("breaks", ["quantile", "equal", "log", "natural", "10,30", "1,10,30", "2,5,15,60"])
async def test_tiles_and_legend_agree_whatever_the_breaks(client: httpx.AsyncClient, breaks: str) -> None:
    query = {**WINDOW, "breaks": breaks}
    found, legend = await hexagons(client, **query), await legend_of(client, **query)
    ranges = {row["class"]: row for row in legend["classes"]}
    for one in found.values():
        row = ranges[one["class"]]
        assert row["from"] <= one["n"] <= row["to"]
    assert {row["class"]: row["cells"] for row in legend["classes"] if row["cells"]} == per_class(found)
    if breaks[0].isdigit():
        limits = [int(limit) for limit in breaks.split(",")]
        assert [row["from"] for row in legend["classes"]] == sorted({1, *limits})
    document = (await client.get("/tiles/hexes.json", params=query)).json()
    assert f"breaks={breaks.replace(',', '%2C')}" in document["tiles"][0]
    style = (await client.get("/styles/hexes.json", params=query)).json()
    assert style["metadata"]["geo:legends"][0]["breaks"] == breaks


@pytest.mark.parametrize("query", ["breaks=jenks", "breaks=5,1", "breaks=1,2,3,4,5", "breaks="])
async def test_what_cannot_be_drawn_is_refused(client: httpx.AsyncClient, query: str) -> None:
    for path in (tile(), "/tiles/hexes.json", "/tiles/districts/8/1/1.mvt"):
        answer = await client.get(f"{path}?{query}")
        assert (answer.status_code, answer.json()["parameter"]) == (400, query.partition("=")[0])
