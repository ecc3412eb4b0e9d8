"""The demo region's planted outage is what has changed most, and the village is called by its name."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import h3.api.basic_str as h3
import httpx
import pytest

from geo_service.core.database import open_connection
from ingest.demo.db_writer import refresh_demo
from ingest.demo.district_loader import load_demo_districts
from ingest.demo.messages import history
from ingest.jobs.place_names import load_places
from tests.support.http_client import asking
from tests.support.statistics_oracle import get_json

NOW = datetime(2026, 11, 30, 5, 24, tzinfo=UTC)
NEAR_M = 2000.0
DAYS = 40
"""Two windows of a week, and what is still open from before."""
COUNTS = """
select district.code as district, theme.code as theme, count(*) filter (where received_at >= $2) as n,
    count(*) filter (where received_at < $2) as n0
from incident join theme on theme.id = theme_id left join district on district.id = district_id
where received_at >= $1 and received_at < $3 group by 1, 2
"""


async def fill(url: str) -> None:
    assert await load_places(url) > 10_000
    await load_demo_districts(url, NEAR_M)
    await refresh_demo(url, NOW.timestamp(), near_m=NEAR_M)


@pytest.fixture(scope="module")
def demo_url(database_url: str) -> str:
    """The module's database with the demo region, its districts and settlements."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history, "DAYS", DAYS)
        asyncio.run(fill(database_url))
    return database_url


@pytest.fixture(scope="module")
async def client(demo_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(demo_url) as made:
        yield made


def last(days: int) -> dict[str, str]:
    """The window that ends at NOW, as parameters."""
    return {"from_": (NOW - timedelta(days=days)).isoformat(), "to": NOW.isoformat()}


def names(change: dict[str, Any]) -> tuple[str, str]:
    return change["district"]["code"], change["theme"]["code"]


@pytest.mark.parametrize("days", [3, 7])
async def test_the_planted_outage_is_first_with_the_numbers_of_sql(client: httpx.AsyncClient, demo_url: str, days: int) -> None:
    table = await get_json(client, "/api/changes", by="district,theme", min_incidents="1", limit="10000", **last(days))
    async with open_connection(demo_url) as connection:
        rows = await connection.fetch(COUNTS, NOW - timedelta(days=2 * days), NOW - timedelta(days=days), NOW)
    expected = {(row["district"], row["theme"]): (row["n"], row["n0"]) for row in rows}
    assert {names(change): (change["n"], change["n_compared"]) for change in table["changes"]} == {
        key: pair for key, pair in expected.items() if pair[0] != pair[1]
    }
    first, second = table["changes"][:2]
    assert (first["theme"]["name"]["ru"], first["district"]["name"]["ru"]) == ("Нет холодной воды", "Лабинский район")
    assert (first["z"] > 8, first["log10_p"] < -20, first["direction"]) == (True, True, "up")
    assert second["log10_p"] > -8


PLANTED = "external_id like 'w%' and received_at >= $1 and received_at < $2"


async def planted(url: str, days: int) -> asyncpg.Record:
    """Number and middle of the planted outage's messages of the last days: all are in one village."""
    async with open_connection(url) as connection:
        row = await connection.fetchrow(
            "select count(*) as n, avg(st_x(location)) as lng, avg(st_y(location)) as lat from incident where " + PLANTED,
            NOW - timedelta(days=days), NOW,
        )  # fmt: skip
    assert row["n"] > 90
    return row


@pytest.mark.parametrize("days", [3, 7])
async def test_the_village_is_the_place_that_has_changed_most(client: httpx.AsyncClient, demo_url: str, days: int) -> None:
    outage = await planted(demo_url, days)
    table = await get_json(client, "/api/changes", by="place,theme", **last(days))
    first = table["changes"][0]
    assert first["place"]["name"] == {"ru": "Вознесенская", "en": first["place"]["name"]["en"]}
    assert first["theme"]["code"] == "housing.no_water"
    assert outage["n"] <= first["n"] <= outage["n"] + 3
    assert (first["place"]["lng"], first["place"]["lat"]) == (
        pytest.approx(outage["lng"], abs=0.05),
        pytest.approx(outage["lat"], abs=0.05),
    )
    whole = await get_json(client, "/api/changes", by="place", min_incidents="1", limit="10000", **last(days))
    theme = await get_json(client, "/api/changes", by="theme", **last(days))
    assert whole["total"] == table["total"] == theme["total"]
    csv = (await client.get("/api/changes", params={"by": "place", "format": "csv", "from": last(3)["from_"]})).text
    assert csv.startswith("place_code,place_name_ru,place_name_en,place_lng,place_lat,n [incidents]")


@pytest.mark.parametrize("resolution", [5, 6, 7])
async def test_a_hexagon_is_called_by_its_village(client: httpx.AsyncClient, demo_url: str, resolution: int) -> None:
    outage = await planted(demo_url, 3)
    cell = h3.latlng_to_cell(outage["lat"], outage["lng"], resolution)
    page = await get_json(client, f"/api/cells/{cell}", theme="housing.no_water", compare="previous", **last(3))
    assert page["cell"]["name"]["ru"] == "Вознесенская"
    village = page["settlements"][0]
    assert (village["name"]["ru"], village["n"]) == ("Вознесенская", page["cell"]["count"] if resolution == 7 else village["n"])
    assert village["n"] >= village["n_compared"]
    assert [row["n"] for row in page["settlements"]] == sorted((row["n"] for row in page["settlements"]), reverse=True)
    assert sum(row["n"] for row in page["settlements"]) <= page["cell"]["count"]
    assert (page["themes"][0]["code"], page["themes"][0]["n"]) == ("housing.no_water", page["cell"]["count"])
    assert page["timeline"]["bucket"] == "hour"
    for neighbour in page["neighbours"]:
        assert neighbour["name"]["ru"]
        assert neighbour["name"]["en"]


async def test_a_hexagon_far_from_settlements_is_called_by_the_nearest_one(client: httpx.AsyncClient) -> None:
    """In the middle of the Black Sea, in the mountains, and at the other end of the world: a place is always named by what is nearest."""
    for lat, lng, start in ((43.9, 36.5, r"\d+ км к (юг|юго-запад|юго-восток|запад)у от н. п. "), (-30.0, 20.0, r"\d{4,5} км к ")):
        page = await get_json(client, f"/api/cells/{h3.latlng_to_cell(lat, lng, 7)}", **last(3))
        assert re.match(start, page["cell"]["name"]["ru"])
        assert re.match(r"\d+ km (south|west|north|south-west|south-east|north-west|north-east|east) of ", page["cell"]["name"]["en"])
        assert page["settlements"] == []
    rows = (await client.get(f"/api/cells/{h3.latlng_to_cell(-30.0, 20.0, 7)}?format=csv")).text.splitlines()
    assert {"name_ru", "name_en"} <= set(rows[0].split(","))


async def test_a_district_says_where_most_of_its_messages_are(client: httpx.AsyncClient) -> None:
    page = await get_json(client, "/api/districts/demo-labinsky", compare="previous", **last(3))
    first = page["settlements"][0]
    assert (first["name"]["ru"], page["themes"][0]["code"]) == ("Вознесенская", "housing.no_water")
    by_place = await get_json(client, "/api/changes", by="place", district="demo-labinsky", min_incidents="1", limit="1000", **last(3))
    same = next(change for change in by_place["changes"] if change["place"]["code"] == first["key"])
    assert (first["n"], first["n_compared"]) == (same["n"], same["n_compared"])
