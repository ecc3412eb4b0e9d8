"""The demo region's planted outage is what has changed most."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

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
    await load_places(url)
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
