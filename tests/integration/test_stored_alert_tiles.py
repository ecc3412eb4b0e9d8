"""Alerts in the database on the map: the tiles show what the service knows, and an archive has the same tiles."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from geo_service.core.database import open_connection
from geo_service.tiles.encoding.grid import Tile
from tests.support.archive_readers import read_document, read_tiles
from tests.support.decoded_tiles import decode_layers
from tests.support.geo_command import GEO
from tests.support.http_client import asking, until
from tests.support.stored_alerts import fill_with_alerts

WHOLE_WORLD = "/tiles/alerts/0/0/0.mvt"
OPEN = {1, 2, 3, 4}
"""Ids of the stored alerts that are open; a fifth has closed more than a month ago."""


@pytest.fixture(scope="module")
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service over the alerts, once it knows them."""
    async with open_connection(database_url) as connection:
        await fill_with_alerts(connection)
    async with asking(database_url) as made:

        async def knows_alerts() -> bool:
            return (await made.get(WHOLE_WORLD)).status_code == 200

        await until(knows_alerts)
        yield made


async def test_the_map_shows_the_alerts_of_the_list(client: httpx.AsyncClient) -> None:
    points = {one["id"]: one["properties"] for one in decode_layers((await client.get(WHOLE_WORLD)).content)["alert_points"]}
    listed = (await client.get("/api/alerts", params={"groups": "split"})).json()["alerts"]
    assert set(points) == OPEN == {alert["id"] for alert in listed}
    for alert in listed:
        point = points[alert["id"]]
        for name in ("n", "open", "expected", "since", "recurrence_days", "state"):
            assert point[name] == alert[name], name
        assert point["sector"] == alert["sector"]["code"]
        assert point.get("theme") == (alert["theme"] and alert["theme"]["code"])
        assert {"ru": point["name_ru"], "en": point["name_en"]} == alert["place"]["name"]


@pytest.mark.parametrize("query", [{"sector": "housing"}, {"theme": "roads.snow"}, {"state": "closed"}, {"since": "1h"}])
async def test_filters_choose_as_those_of_the_list_do(client: httpx.AsyncClient, query: dict[str, str]) -> None:
    drawn = decode_layers((await client.get(WHOLE_WORLD, params=query)).content or b"")
    listed = (await client.get("/api/alerts", params={"groups": "split", **query})).json()["alerts"]
    assert {one["id"] for one in drawn.get("alert_points", [])} == {alert["id"] for alert in listed}


async def test_the_command_exports_the_alerts(client: httpx.AsyncClient, database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "alerts.pmtiles"
    done = await asyncio.to_thread(
        partial(subprocess.run, text=True, capture_output=True, timeout=60, check=False),
        [GEO, "export", "--layer", "alerts", "--sector", "housing", "--zoom", "0-9", str(path)],
        env=os.environ | {"GEO_DATABASE_URL": database_url},
    )  # fmt: skip
    assert (done.returncode, "Window" in done.stdout) == (0, False), done.stderr
    tiles = read_tiles(path)
    for tile in (Tile(0, 0, 0), *tiles):
        served = await client.get(f"/tiles/alerts/{tile.z}/{tile.x}/{tile.y}.mvt?sector=housing")
        assert tiles[tile] == served.content
    selection = read_document(path)["geo:selection"]
    assert selection["sector"] == "housing"
    assert "window" not in selection
