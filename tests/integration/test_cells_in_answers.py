"""A set of cells in every answer about a selection, against SQL over the cells that h3 itself finds below those of the set."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import h3.api.basic_int as h3
import httpx
import pytest
import shapely
from shapely.geometry import shape

from tests.support.decoded_tiles import decode_layers
from tests.support.http_client import asking, filled
from tests.support.statistics_oracle import CELLS, check_measures, fill, get_json, query_oracle

WINDOW = {"from": "2024-01-01", "to": "2027-01-01"}
IN_WINDOW = "received_at >= timestamptz '2024-01-01 00:00 Europe/Moscow'"
MIDDLE = CELLS[0]
SETS: dict[str, list[int]] = {
    "one finest cell": [CELLS[5]],
    "a coarse cell": [h3.cell_to_parent(MIDDLE, 8)],
    "overlapping cells of four resolutions": [
        h3.cell_to_parent(MIDDLE, 7), h3.cell_to_parent(MIDDLE, 8), h3.cell_to_parent(CELLS[-1], 9), CELLS[-1], CELLS[40],
    ],
    "cells without an incident": [h3.latlng_to_cell(60.0, 30.0, 6)],
}  # fmt: skip


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


def below(cells: Sequence[int]) -> set[int]:
    """The finest cells with incidents that lie in the set."""
    return {one for one in CELLS if any(h3.cell_to_parent(one, h3.get_resolution(cell)) == cell for cell in cells)}


def spelled(cells: Sequence[int]) -> str:
    return ",".join(h3.int_to_str(cell) for cell in cells)


def where(cells: Sequence[int], more: str = "true") -> str:
    return f"incident.cell in ({', '.join(map(str, [0, *sorted(below(cells))]))}) and {IN_WINDOW} and {more}"


@pytest.mark.parametrize("name", SETS)
async def test_every_table_of_a_set_is_that_of_sql(client: httpx.AsyncClient, filled_url: str, name: str) -> None:
    asked = {"cells": spelled(SETS[name]), **WINDOW}
    total = (await query_oracle(filled_url, where(SETS[name]), "1")).get(1)
    summary = await get_json(client, "/api/summary", **asked)
    check_measures(summary["measures"], total)
    assert summary["without_place"] == 0
    count = total["count"] if total else 0
    table = await get_json(client, "/api/districts", level="district", **asked)
    by_district = await query_oracle(filled_url, where(SETS[name]), "place")
    for row in table["districts"]:
        check_measures(row, by_district.get(row["code"]))
    check_measures(table["total"], total)
    for by in ("sector", "theme", "source", "agency", "status"):
        cells = (await get_json(client, "/api/breakdown", by=by, **asked))["cells"]
        assert sum(row["count"] for row in cells) == count
    line = await get_json(client, "/api/timeline", bucket="month", **asked)
    assert sum(bucket["count"] for bucket in line["buckets"]) == count
    legend = await get_json(client, "/api/legend", zoom="9", **asked)
    assert legend["total"]["n"] == count


@pytest.mark.parametrize("name", SETS)
async def test_lists_tiles_and_features_of_a_set_are_those_of_sql(client: httpx.AsyncClient, filled_url: str, name: str) -> None:
    asked = {"cells": spelled(SETS[name]), **WINDOW}
    by_cell = await query_oracle(filled_url, where(SETS[name]), "cell")
    count = sum(numbers["count"] for numbers in by_cell.values())
    assert await listed(client, asked) == sorted(h3.int_to_str(cell) for cell, numbers in by_cell.items() for _ in range(numbers["count"]))
    tile = await client.get("/tiles/hexes/0/0/0.mvt", params=asked)
    assert sum(one["properties"]["n"] for one in decode_layers(tile.content).get("hexes", [])) == count
    points = await client.get("/api/legend", params={**asked, "zoom": 14, "layer": "incidents"})
    assert points.status_code == 200, points.text
    fine = await get_json(client, "/ogc/collections/hexes/items", resolution="10", limit="10000", **asked)
    assert {one["id"]: one["properties"]["count"] for one in fine["features"]} == {
        h3.int_to_str(cell): numbers["count"] for cell, numbers in by_cell.items()
    }
    one = await get_json(client, f"/api/cells/{h3.int_to_str(h3.cell_to_parent(MIDDLE, 7))}", **asked)
    around = h3.grid_disk(h3.cell_to_parent(MIDDLE, 7), 1)
    inside = sum(numbers["count"] for cell, numbers in by_cell.items() if h3.cell_to_parent(cell, 7) in around)
    assert sum(row["count"] for row in [one["cell"], *one["neighbours"]]) == inside


async def listed(client: httpx.AsyncClient, asked: dict[str, str]) -> list[str]:
    """The cells of all incidents in the list, page after page."""
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page: Any = await get_json(client, "/api/incidents", limit="200", **asked, **after)
        found += [row["h3"] for row in page["incidents"]]
        if not page["next"]:
            return sorted(found)
        after = {"after": page["next"]}


async def test_sets_of_the_same_incidents_have_the_same_answer(client: httpx.AsyncClient) -> None:
    cells = SETS["overlapping cells of four resolutions"]
    first, *others = [
        (await client.get("/api/breakdown", params={"by": "theme", "cells": text, **WINDOW})).content
        for text in (spelled(cells), spelled(cells[::-1]), spelled([*cells, *cells]), spelled(cells).upper())
    ]
    assert all(other == first for other in others)


async def test_a_set_joins_other_filters_and_a_comparison(client: httpx.AsyncClient, filled_url: str) -> None:
    cells = SETS["a coarse cell"]
    asked = {"cells": spelled(cells), "sector": "roads", "from": "2025-01-01", "to": "2026-01-01", "compare": "year"}
    in_years = [
        f"sector.code = 'roads' and received_at >= timestamptz '{year}-01-01 00:00 Europe/Moscow'"
        f" and received_at < timestamptz '{year + 1}-01-01 00:00 Europe/Moscow'"
        for year in (2025, 2024)
    ]
    now, before = [(await query_oracle(filled_url, where(cells, year), "1"))[1]["count"] for year in in_years]
    measures = (await get_json(client, "/api/summary", **asked))["measures"]
    assert (measures["count"], measures["n_compared"]) == (now, before)
    changes = await get_json(client, "/api/changes", by="theme", min_incidents="1", limit="1000", **asked)
    assert sum(row["n"] for row in changes["changes"]) <= now


async def test_agencies_and_problems_follow_a_set(client: httpx.AsyncClient, filled_url: str) -> None:
    cells = SETS["a coarse cell"]
    everything = await get_json(client, "/api/agencies", **WINDOW)
    chosen = await get_json(client, "/api/agencies", cells=spelled(cells), **WINDOW)
    by_agency = await query_oracle(filled_url, where(cells), "agency")
    assert {row["code"]: row["count"] for row in chosen["agencies"]} == {
        code: numbers["count"] for code, numbers in by_agency.items() if code
    }
    assert sum(row["count"] for row in chosen["agencies"]) < sum(row["count"] for row in everything["agencies"])
    for measure in ("unusual", "gi", "emerging"):
        answer = await client.get("/api/legend", params={"cells": spelled(cells), "zoom": 9, "measure": measure, "window": "1y"})
        assert answer.status_code == 200, answer.text


async def test_what_is_no_set_is_refused_everywhere_by_name(client: httpx.AsyncClient) -> None:
    tables = ("/api/summary", "/api/timeline", "/api/incidents", "/api/agencies")
    for address in (*tables, "/tiles/hexes/5/19/11.mvt", "/ogc/collections/hexes/items"):
        answer = await client.get(address, params={"cells": "8b2d50a2e0e1fff"})
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), address
        assert "cells: '8b2d50a2e0e1fff' is invalid" in answer.json()["detail"]
    too_many = await client.get("/api/summary", params={"cells": ",".join(["862d50a2"] * 1001)})
    assert too_many.status_code == 400
    assert "more than 1000 cells" in too_many.json()["detail"]


async def test_a_polygon_becomes_a_set_with_its_outline(client: httpx.AsyncClient) -> None:
    lat, lng = h3.cell_to_latlng(MIDDLE)
    corners = [(lng - 0.02, lat - 0.01), (lng + 0.02, lat - 0.01), (lng + 0.02, lat + 0.01), (lng - 0.02, lat + 0.01)]
    polygon = ",".join(f"{x:.6f},{y:.6f}" for x, y in corners)
    found = await get_json(client, "/api/cell-set", polygon=polygon, resolution="9")
    expected = h3.polygon_to_cells(h3.LatLngPoly([(y, x) for x, y in corners]), 9)
    outline = shape(found["outline"])
    assert outline.is_valid
    assert outline.geom_type == "Polygon", "one piece without gaps, although some cells stand for their children"
    assert outline.area == pytest.approx(
        sum(shapely.Polygon([(x, y) for y, x in h3.cell_to_boundary(one)]).area for one in expected), rel=1e-3
    )
    assert (found["resolution"], found["bounds"]) == (9, pytest.approx(list(outline.bounds), abs=1e-5))
    again = await get_json(client, "/api/cell-set", cells=found["cells"])
    assert again == found
    count = (await get_json(client, "/api/summary", cells=found["cells"], **WINDOW))["n"]
    assert count > 0
    assert len(expected) > found["n"]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({}, "cells: is missing"),
        ({"cells": "862d50a2", "polygon": "1,2,3,4,5,6"}, "either cells or polygon"),
        ({"cells": "862d50a2", "resolution": "6"}, "resolution: is given beside cells"),
        ({"polygon": "1,2,3,4"}, "3 to 200 corners"),
        ({"polygon": "27,-56.7,61.4,90,-173.5,90,-7,-66.2"}, "none of them a pole"),
        ({"polygon": "1,2,3,4,5,6", "resolution": "11"}, "resolution"),
        ({"polygon": "1,2,3,4,5,7", "window": "7d"}, "no such parameter"),
    ],
)  # fmt: skip
async def test_a_set_that_cannot_be_made_is_refused_by_name(client: httpx.AsyncClient, asked: dict[str, str], named: str) -> None:
    answer = await client.get("/api/cell-set", params=asked)
    assert answer.status_code == 400, answer.text
    assert named in answer.json()["detail"]
