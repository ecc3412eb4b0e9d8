"""What a hexagon's and a district's panel show: themes and timeline against SQL; and the filter `cell` of statistics."""

from collections.abc import AsyncIterator
from typing import Any

import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.aggregation.places import place_index
from geo_service.core.database import open_connection
from tests.support.http_client import asking, filled
from tests.support.statistics_oracle import CELLS, fill, get_json, query_oracle, received_between

NOW, BEFORE = ("2024-05-11", "2024-07-10"), ("2024-03-12", "2024-05-11")
WINDOW = {"from_": NOW[0], "to": NOW[1], "compare": "previous"}
RESOLUTIONS = [5, 7, 8, 10]


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready; a town of a few hundred incidents is divided in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place_index, "LEAST_TO_DIVIDE", 100)
        async with asking(filled_url) as made:
            yield made


def ancestor(resolution: int) -> int:
    return int(h3.cell_to_parent(CELLS[0], resolution))


async def inside(url: str, resolution: int) -> str:
    """SQL that is true for the incidents in the cell of the resolution, from H3's own library."""
    async with open_connection(url) as connection:
        cells = [row["cell"] for row in await connection.fetch("select distinct cell from incident")]
    found = [cell for cell in cells if h3.cell_to_parent(cell, resolution) == ancestor(resolution)]
    assert 0 < len(found) <= len(cells)
    return f"cell in ({', '.join(map(str, found))})"


async def themes(url: str, where: str) -> list[dict[str, Any]]:
    """Code and both numbers of the themes that have incidents now, most first."""
    now, before = (received_between(*span) for span in (NOW, BEFORE))
    async with open_connection(url) as connection:
        rows = await connection.fetch(
            f"select theme.code, count(*) filter (where {now}) as n, count(*) filter (where {before}) as n_compared"
            f" from incident join theme on theme.id = theme_id where {where} and ({now} or {before})"
            f" group by 1 having count(*) filter (where {now}) > 0 order by 2 desc, 1"
        )
    return [dict(row) for row in rows]


def numbers(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in ("code", "n", "n_compared")} for row in rows]


@pytest.mark.parametrize("resolution", RESOLUTIONS)
async def test_a_hexagon_has_its_themes_and_its_timeline(client: httpx.AsyncClient, filled_url: str, resolution: int) -> None:
    page = await get_json(client, f"/api/cells/{h3.int_to_str(ancestor(resolution))}", bucket="week", **WINDOW)
    where = await inside(filled_url, resolution)
    assert numbers(page["themes"]) == await themes(filled_url, where)
    for theme in page["themes"]:
        assert theme["sector"] == theme["code"].partition(".")[0]
        assert theme["name"]["ru"]
    timeline = page["timeline"]
    assert (timeline["bucket"], timeline["total"]["count"]) == ("week", page["cell"]["count"])
    for bucket in timeline["buckets"]:
        expected = await query_oracle(
            filled_url,
            f"{where} and {received_between(*NOW)} and received_at >= '{bucket['from']}' and received_at < '{bucket['to']}'",
            "1",
        )
        assert bucket["count"] == (expected[1]["count"] if expected else 0)
    assert sum(bucket["n_compared"] for bucket in timeline["buckets"]) == page["cell"]["n_compared"]
    assert page["cell"]["n_compared"] > 0 or resolution == 10


async def test_without_comparison_themes_have_no_compared_number(client: httpx.AsyncClient) -> None:
    page = await get_json(client, f"/api/cells/{h3.int_to_str(ancestor(6))}", from_=NOW[0], to=NOW[1])
    assert page["themes"]
    assert {theme["n_compared"] for theme in page["themes"]} == {None}
    empty = await get_json(client, f"/api/cells/{h3.int_to_str(h3.latlng_to_cell(-30.0, 20.0, 6))}", **WINDOW)
    assert (empty["themes"], empty["timeline"]["total"]["count"]) == ([], 0)


async def test_a_district_has_its_themes(client: httpx.AsyncClient, filled_url: str) -> None:
    page = await get_json(client, "/api/districts/0301", **WINDOW)
    assert numbers(page["themes"]) == await themes(filled_url, "district_id in (2, 6, 7)")
    plain = await get_json(client, "/api/districts/0301", from_=NOW[0], to=NOW[1])
    assert [theme["n_compared"] for theme in plain["themes"]] == [None] * len(page["themes"])


@pytest.mark.parametrize("resolution", RESOLUTIONS)
async def test_statistics_of_a_cell_are_those_of_the_incidents_in_it(client: httpx.AsyncClient, filled_url: str, resolution: int) -> None:
    where, cell = await inside(filled_url, resolution), h3.int_to_str(ancestor(resolution))
    now = await query_oracle(filled_url, f"{where} and {received_between(*NOW)}", "theme")
    before = await query_oracle(filled_url, f"{where} and {received_between(*BEFORE)}", "theme")
    breakdown = await get_json(client, "/api/breakdown", by="theme", cell=cell, **WINDOW)
    assert {row["theme"]: (row["count"], row["n_compared"]) for row in breakdown["cells"]} == {
        code: tuple(part[code]["count"] if code in part else 0 for part in (now, before)) for code in now.keys() | before.keys()
    }
    series = await get_json(client, "/api/timeline", by="theme", bucket="month", cell=cell, **WINDOW)
    assert {row["code"]: row["count"] for row in series["series"]} == {code: row["count"] for code, row in now.items()}
    assert series["total"]["n_compared"] == sum(row["count"] for row in before.values())
    changes = await get_json(client, "/api/changes", by="theme", cell=cell, min_incidents="1", from_=NOW[0], to=NOW[1])
    assert (changes["total"]["n"], changes["total"]["n_compared"]) == (breakdown["total"]["count"], series["total"]["n_compared"])
    listed = await get_json(client, "/api/incidents", cell=cell, limit="200", from_=NOW[0], to=NOW[1])
    assert len(listed["incidents"]) == min(200, breakdown["total"]["count"])


@pytest.mark.parametrize("path", ["/api/breakdown?by=theme", "/api/timeline?bucket=day", "/api/changes?by=theme"])
async def test_what_is_no_cell_is_refused_and_one_without_incidents_is_empty(client: httpx.AsyncClient, path: str) -> None:
    for bad in ("8a", "zzzzzzzzzzzzzzz", h3.int_to_str(h3.cell_to_center_child(CELLS[0], 11))):
        refused = await client.get(f"{path}&cell={bad}")
        assert (refused.status_code, refused.json()["parameter"]) == (400, "cell")
    nowhere = await client.get(f"{path}&window=30d&cell={h3.int_to_str(h3.latlng_to_cell(-30.0, 20.0, 6))}")
    total = nowhere.json()["total"]
    assert (nowhere.status_code, total.get("n", total.get("count"))) == (200, 0)


async def test_without_settlements_only_districts_give_names(client: httpx.AsyncClient, filled_url: str) -> None:
    """The deepest districts are settlements here; there is no table of places."""
    page = await get_json(client, f"/api/cells/{h3.int_to_str(ancestor(4))}", **WINDOW)
    async with open_connection(filled_url) as connection:
        rows = await connection.fetch(
            "select district.code, district.name_ru as ru, district.name_en as en, count(*) as n from incident join district on"
            f" district.id = district_id where district.level = 3 and {received_between(*NOW)} group by 1, 2, 3 order by 4 desc"
        )
    found = [(row["key"], row["name"]["ru"], row["n"]) for row in page["settlements"]]
    assert found == [(f"d:{row['code']}", row["ru"], row["n"]) for row in rows]
    assert [one["name"] for one in page["neighbours"]] == [None] * 6
    csv = (await client.get(f"/api/cells/{h3.int_to_str(ancestor(4))}?format=csv")).text
    assert {"name_ru", "name_en"} <= set(csv.splitlines()[0].split(","))
    assert "name" not in csv.splitlines()[0].split(",")


async def test_a_hexagon_as_small_as_a_part_of_a_town_is_called_by_the_part(client: httpx.AsyncClient) -> None:
    """The town has more than a tenth of all incidents, so that it is divided."""
    names = {}
    for resolution in (5, 7):
        cell = h3.int_to_str(ancestor(resolution))
        names[resolution] = (await get_json(client, f"/api/cells/{cell}", district="030102", **WINDOW))["cell"]["name"]["ru"]
    assert names[5] == "Город"
    assert names[7].startswith("Город, ")
    changes = await get_json(client, "/api/changes", by="place", district="030102", min_incidents="1", from_=NOW[0], to=NOW[1])
    assert names[7] in {change["place"]["name"]["ru"] for change in changes["changes"]}
