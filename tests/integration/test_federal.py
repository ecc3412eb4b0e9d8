"""One service over several regions: each is counted, coloured and named, and one of them can be asked about alone."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely

from tests.support.boundary_files import ask, command, fill
from tests.support.decoded_tiles import decode_layers
from tests.support.http_client import asking, filled
from tests.support.real_data import BOUNDARIES, needs
from tests.support.slippy_map import slippy_tile

NORTH, SOUTH = "Северный край", "Южная область"
DISTRICT_OF_BOTH = "Октябрьский район"
POINTS = {(0, 0): 40, (0, 1): 25, (1, 0): 12, (1, 1): 0}
"""Incidents in each district of each region."""
COVERING = """
select region.code, count(*) as n from incident
inner join district as region on region.level = 1 and st_covers(region.area, incident.location) group by region.code
"""


def feature(code: str, name: str, box: tuple[float, float, float, float]) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": shapely.geometry.mapping(shapely.box(*box))}


def write(path: Path, features: list[dict[str, Any]]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def federal_url(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two regions of two districts each, one of which has the same name in both."""
    folder = tmp_path_factory.mktemp("regions")
    regions = [feature("north", NORTH, (40, 52, 44, 54)), feature("south", SOUTH, (40, 46, 44, 48))]
    districts = [
        feature(f"{code}-{part}", DISTRICT_OF_BOTH if part == 0 else f"Район {code}", (40 + 2 * part, south, 42 + 2 * part, south + 2))
        for code, south in (("north", 52), ("south", 46))
        for part in (0, 1)
    ]
    places = [(41 + 2 * part, 53 - 6 * region) for (region, part), n in POINTS.items() for _ in range(n)]
    lng, lat = np.array(places, np.float64).T
    filled(database_url, lambda held: fill(held, lng, lat))
    with pytest.MonkeyPatch.context() as patch:
        geo = command(database_url, patch)
        for level, features in (("region", regions), ("district", districts)):
            path = write(folder / f"{level}.geojson", features)
            ended = geo("boundaries", "load", path, "--level", level, "--code", "code", "--name", "name")
            assert ended.code == 0, ended.err
    yield database_url


@pytest.fixture(scope="module")
async def client(federal_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(federal_url, alerts=False) as made:
        yield made


async def rows(client: httpx.AsyncClient, query: str) -> dict[str, Any]:
    return {row["code"]: row for row in (await client.get(f"/api/districts?window=1d&{query}")).json()["districts"]}


async def test_regions_are_ranked_and_coloured_by_what_lies_in_them(client: httpx.AsyncClient) -> None:
    ranked = await rows(client, "level=region")
    assert {code: (row["count"], row["rank"], row["name"]["ru"]) for code, row in ranked.items()} == {
        "north": (65, 1, NORTH),
        "south": (12, 2, SOUTH),
    }
    tile = await client.get("/tiles/districts/0/0/0.mvt?window=1d&level=region")
    drawn = {one["properties"]["code"]: one["properties"] for one in decode_layers(tile.content)["districts"]}
    assert {code: one["n"] for code, one in drawn.items()} == {"north": 65, "south": 12}
    assert drawn["north"]["class"] > drawn["south"]["class"]
    assert drawn["north"]["name_ru"] == NORTH


async def test_the_zoom_leads_from_the_country_to_regions_and_districts(client: httpx.AsyncClient) -> None:
    for zoom, expected in ((3, {"north", "south"}), (6, {"north-0", "north-1"})):
        x, y = slippy_tile(42.0, 53.0, zoom)
        body = (await client.get(f"/tiles/districts/{zoom}/{x}/{y}.mvt?window=1d")).content
        assert expected <= {one["properties"]["code"] for one in decode_layers(body)["districts"]}


async def test_a_district_is_named_with_its_region_wherever_lists_name_it(client: httpx.AsyncClient) -> None:
    names = {code: row["name"]["ru"] for code, row in (await rows(client, "level=district")).items()}
    assert names["north-0"] == f"{DISTRICT_OF_BOTH}, {NORTH}"
    assert names["south-0"] == f"{DISTRICT_OF_BOTH}, {SOUTH}"
    table = (await client.get("/api/breakdown?window=1d&by=district")).json()
    assert {entry["name"]["ru"] for entry in table["dimensions"][0]["entries"]} >= set(names.values())
    csv = (await client.get("/api/districts?window=1d&level=district&format=csv")).text
    assert f"{DISTRICT_OF_BOTH}, {SOUTH}" in csv
    # A map shows where a district lies, and has little room.
    tile = (await client.get("/tiles/districts/0/0/0.mvt?window=1d&level=district")).content
    assert {one["properties"]["name_ru"] for one in decode_layers(tile)["districts"]} == {DISTRICT_OF_BOTH, "Район north", "Район south"}


async def test_breakdown_and_changes_go_by_region_as_well(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/breakdown?window=1d&by=district&level=region")).json()
    assert {cell["district"]: cell["count"] for cell in table["cells"]} == {"north": 65, "south": 12}
    changes = (await client.get("/api/changes?window=1d&by=district,theme&level=region")).json()["changes"]
    assert [(one["district"]["code"], one["n"], one["n_compared"]) for one in changes] == [("north", 65, 0), ("south", 12, 0)]


@pytest.mark.parametrize("path", ["/api/summary?window=1d&", "/api/alerts?", "/api/answer_times?", "/?view=wall&", "/report?"])
async def test_one_region_can_be_asked_about_alone(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"{path}district=south")
    assert answer.status_code == 200
    if path.startswith("/api/summary"):
        assert answer.json()["n"] == 12
    if path.startswith("/report"):
        assert SOUTH in answer.text
    assert (await client.get(f"{path}district=nowhere")).status_code == 400


async def test_answer_times_have_a_series_for_each_region(client: httpx.AsyncClient) -> None:
    table = (await client.get("/api/answer_times?group=region")).json()
    assert [(one["code"], sum(point["n"] for point in one["points"])) for one in table["series"]] == [("north", 65), ("south", 12)]


@needs(BOUNDARIES / "five_regions.geojson")
async def test_five_real_regions_are_counted_as_postgis_counts_them(database_url: str, federal_url: str) -> None:
    """Runs last: it takes the place of the made-up regions."""
    random = np.random.default_rng(3)
    places = random.uniform(37, 48, 400), random.uniform(43, 48, 400)
    await asyncio.to_thread(filled, database_url, lambda held: fill(held, *places))
    with pytest.MonkeyPatch.context() as patch:
        geo = command(database_url, patch)
        ended = await asyncio.to_thread(
            geo, "boundaries", "load", BOUNDARIES / "five_regions.geojson", "--level", "region", "--code", "oktmo", "--name", "region"
        )  # fmt: skip
        assert ended.code == 0, ended.err
    expected = {row["code"]: row["n"] for row in await asyncio.to_thread(ask, database_url, COVERING)}
    async with asking(database_url, alerts=False) as made:
        ranked = await rows(made, "level=region")
        assert len(ranked) == 5
        # Points just outside of an outline belong to the nearest.
        for code, row in ranked.items():
            assert expected.get(code, 0) <= row["count"] <= expected.get(code, 0) + 20
        body = (await made.get("/tiles/districts/0/0/0.mvt?window=1d&level=region")).content
        assert {one["properties"]["code"] for one in decode_layers(body)["districts"]} == set(ranked)
