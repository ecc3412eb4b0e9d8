"""Rates and times on the map: what tiles and legend say over HTTP, against SQL, for hexagons and districts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from fractions import Fraction
from math import comb, inf
from typing import Any

import h3.api.basic_int as h3
import httpx
import mapbox_vector_tile
import pytest

from geo_service.aggregation.measures.measures import CELL_MEASURES, MEASURES, TABLE_MEASURES
from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import resolution_at
from tests.support.http_client import asking
from tests.support.slippy_map import slippy_tile
from tests.support.statistics_oracle import CELLS, SHARES, fill, query_oracle, received_between

ZOOM = next(zoom for zoom in range(20) if resolution_at(zoom) == 10)
SPAN = {"from": "2025-03-01", "to": "2025-06-01", "compare": "year"}
NOW, BEFORE = received_between("2025-03-01", "2025-06-01"), received_between("2024-03-01", "2024-06-01")
RATES = [code for code in CELL_MEASURES if code in TABLE_MEASURES and MEASURES[code].channel is None and not MEASURES[code].diverging]
MOVED = [(0, 2, "2025-04-10", 60), (1, 3, "2024-04-10", 60), (2, 4, "2025-04-10", 25), (3, 2, "2024-04-10", 30)]
"""Place in CELLS, district, day, how many incidents more: changes that chance does not explain, in both directions."""
MORE = """
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, district_id, status, received_at, updated_at)
select 1, 'more-' || $1::bigint || '-' || number, st_setsrid(st_makepoint($2, $3), 4326), $1, 0, 1, $4, 0, $5::timestamptz, $5::timestamptz
from generate_series(1, $6::int) as number
"""


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> Iterator[str]:
    """The incidents that the statistics are tested with."""

    async def run() -> None:
        async with open_connection(database_url) as held:
            await fill(held)
            for place, district, day, count in MOVED:
                lat, lng = h3.cell_to_latlng(CELLS[place])
                await held.execute(MORE, CELLS[place], lng, lat, district, datetime.fromisoformat(f"{day}T09:00Z"), count)

    asyncio.run(run())
    yield database_url


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


def finished(measure: str, now: dict[str, Any]) -> float | None:
    """The measure from what SQL counted; None for "nothing"."""
    for share, part, whole in SHARES:
        if share == measure:
            return now[part] / now[whole] if now[whole] else None
    return None if now[measure] is None else float(now[measure])


async def expected(url: str, measure: str, group: str) -> dict[Any, float | None]:
    """By key, of every group with incidents now."""
    return {key: finished(measure, numbers) for key, numbers in (await query_oracle(url, NOW, group)).items() if key is not None}


async def compared(url: str, group: str) -> dict[Any, tuple[int, int]]:
    """By key, of every group with incidents in either window: how many now, how many before."""
    now, before = await query_oracle(url, NOW, group), await query_oracle(url, BEFORE, group)
    counts = [{key: numbers["count"] for key, numbers in found.items() if key is not None} for found in (now, before)]
    return {key: (counts[0].get(key, 0), counts[1].get(key, 0)) for key in counts[0] | counts[1]}


def differs(n: int, n0: int) -> bool:
    """The exact two-sided test of two Poisson counts over equally long windows: under "no change" n is binomial with one half."""
    tails = [Fraction(sum(comb(n + n0, k) for k in part), 2 ** (n + n0)) for part in (range(n + 1), range(n, n + n0 + 1))]
    return 2 * min(tails) <= Fraction(1, 20)


async def drawn(client: httpx.AsyncClient, layer: str, zoom: int, places: list[tuple[float, float]], **query: str) -> list[dict[str, Any]]:
    """Properties of everything in the tiles at these places."""
    found: list[dict[str, Any]] = []
    for x, y in sorted({slippy_tile(*place, zoom) for place in places}):
        answer = await client.get(f"/tiles/{layer}/{zoom}/{x}/{y}.mvt", params=query)
        assert answer.status_code in (200, 204), answer.text
        layers = mapbox_vector_tile.decode(answer.content) if answer.content else {}
        found += [feature["properties"] for feature in layers.get(layer, {"features": []})["features"]]
    return found


def hold(legend: dict[str, Any], values: list[tuple[float, int]], measure: str) -> None:
    """The legend tells of exactly these values, each with the class that it was drawn with."""
    rows = {row["class"]: row for row in legend["classes"]}
    assert legend["unit"] == MEASURES[measure].unit
    assert {number: sum(one == number for _, one in values) for number in rows} == {
        number: row["cells" if "cells" in row else "districts"] for number, row in rows.items()
    }
    for value, number in values:
        row = rows[number]
        assert row["from"] <= value <= row["to"]
        assert value < row["to"] or number == max(rows)


def hold_changes(legend: dict[str, Any], features: dict[Any, dict[str, Any]], counts: dict[Any, tuple[int, int]]) -> None:
    """Each feature's change, its class by the rule of chance, and a legend that counts just these; limits alike on both sides of zero."""
    rows = {row["class"]: row for row in legend["classes"]}
    assert legend["palette"]["name"] == "RdBu reversed"
    limit = rows[4]["from"]
    # Nothing falls by more than all.
    assert sorted(rows) == ([0] if limit <= 1 else []) + [1, 2, 3, 4]
    assert (rows[1]["from"], rows[1]["to"], rows[3]["from"], rows[3]["to"]) == (max(-limit, -1), 0, 0, limit)
    kind = "cells" if "cells" in rows[2] else "districts"
    assert {number: row[kind] for number, row in rows.items()} == {
        number: sum(one["class"] == number for one in features.values()) for number in rows
    }
    assert set(features) == set(counts)
    for key, one in features.items():
        n, n0 = counts[key]
        change = round(n / n0 - 1, 4) if n0 else None
        assert (one["n"], one["n0"], one["delta"], one["significant"]) == (n, n0, n - n0, differs(n, n0))
        assert one.get("value") == (None if change is None else pytest.approx(change, abs=1e-4))
        size = abs(one.get("value", inf))
        far = size >= limit
        assert one["class"] == (2 if not differs(n, n0) else (4 if far else 3) if n > n0 else (0 if far else 1))


async def test_hexagons_have_the_values_and_classes_of_sql(client: httpx.AsyncClient, filled_url: str) -> None:
    for measure in RATES:
        await hold_hexagons(client, filled_url, measure)


async def test_districts_have_the_values_of_the_statistics_and_their_classes(client: httpx.AsyncClient, filled_url: str) -> None:
    for measure in (*RATES, "per_1000", "per_km2"):
        await hold_districts(client, filled_url, measure)


async def test_changes_of_hexagons_are_classed_by_what_chance_explains(client: httpx.AsyncClient, filled_url: str) -> None:
    places = [(lng, lat) for lat, lng in map(h3.cell_to_latlng, CELLS)]
    features = await drawn(client, "hexes", ZOOM, places, measure="change", fields="h3", **SPAN)
    counts = await compared(filled_url, "cell")
    assert {differs(*pair) for pair in counts.values()} == {False, True}
    legend = (await client.get("/api/legend", params={"zoom": str(ZOOM), "measure": "change", **SPAN})).json()
    hold_changes(legend, {int(one["h3"], 16): one for one in features}, counts)
    assert legend["without_value"] == sum(n > 0 and n0 == 0 for n, n0 in counts.values())


async def test_changes_of_districts_are_classed_by_what_chance_explains(client: httpx.AsyncClient, filled_url: str) -> None:
    query = {"measure": "change", "level": "district", **SPAN}
    features = await drawn(client, "districts", 8, [(38.5 + id_, 45.5) for id_ in range(2, 6)], **query)
    counts = await compared(filled_url, "place")
    legend = (await client.get("/api/legend", params={"layer": "districts", "zoom": "8", **query})).json()
    classed = {one["code"]: one for one in features if "class" in one}
    hold_changes(legend, classed, counts)


async def hold_hexagons(client: httpx.AsyncClient, url: str, measure: str) -> None:
    places = [(lng, lat) for lat, lng in map(h3.cell_to_latlng, CELLS)]
    features = await drawn(client, "hexes", ZOOM, places, measure=measure, fields="h3", **SPAN)
    found = {int(one["h3"], 16): (one["value"], one["class"]) for one in features}
    wanted = await expected(url, measure, "cell")
    known = {cell: value for cell, value in wanted.items() if value is not None}
    decimals = MEASURES[measure].decimals
    assert {cell: value for cell, (value, _) in found.items()} == {
        cell: pytest.approx(value, abs=0.501 * 10**-decimals) for cell, value in known.items()
    }
    legend = (await client.get("/api/legend", params={"zoom": str(ZOOM), "measure": measure, **SPAN})).json()
    assert (legend["cells"], legend["without_value"]) == (len(known), len(wanted) - len(known))
    assert legend["without_value"] > 0 or measure == "share_closed"
    hold(legend, list(found.values()), measure)


async def hold_districts(client: httpx.AsyncClient, url: str, measure: str) -> None:
    query = {"measure": measure, "level": "district", **SPAN}
    features = await drawn(client, "districts", 8, [(38.5 + id_, 45.5) for id_ in range(2, 6)], **query)
    found = {one["code"]: (one["value"], one["class"]) for one in features if "value" in one}
    table = (await client.get("/api/districts", params=query)).json()
    told = {row["code"]: row[measure] for row in table["districts"] if row[measure] is not None}
    assert {code: value for code, (value, _) in found.items()} == told
    if measure in RATES:
        by_sql = await expected(url, measure, "place")
        assert told == {
            code: pytest.approx(value, abs=0.501 * 10 ** -MEASURES[measure].decimals) for code, value in by_sql.items() if value is not None
        }
    legend = (await client.get("/api/legend", params={"layer": "districts", "zoom": "8", **query})).json()
    # One district has no incidents, and so no rate of them; not all have residents or an area.
    assert (legend["districts"], legend["without_value"]) == (len(told), 4 - len(told))
    assert legend["without_value"] >= 1
    hold(legend, list(found.values()), measure)
