"""Files of what the page shows: each table as CSV, as CSV for Excel and as a workbook, with the numbers of its JSON."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import h3.api.basic_int as h3
import httpx
import openpyxl
import pytest

from tests.support.http_client import asking, filled
from tests.support.statistics_oracle import check_measures, fill, get_json, query_oracle

WINDOW = {"from": "2024-01-01", "to": "2027-01-01"}
IN_WINDOW = "received_at >= timestamptz '2024-01-01 00:00 Europe/Moscow'"
TABLES: dict[str, tuple[str, dict[str, str], str]] = {
    "hexagons": ("/api/cells", {"resolution": "9"}, "cells"),
    "districts": ("/api/districts", {"level": "district"}, "districts"),
    "incidents": ("/api/incidents", {"limit": "200"}, "incidents"),
    "timeline": ("/api/timeline", {"bucket": "month"}, "buckets"),
    "breakdown": ("/api/breakdown", {"by": "district,theme"}, "cells"),
    "agencies": ("/api/agencies", {}, "agencies"),
    "changes": ("/api/changes", {"by": "theme", "min_incidents": "1"}, "changes"),
}


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


async def get_file(client: httpx.AsyncClient, path: str, form: str, **parameters: str) -> httpx.Response:
    answer = await client.get(path, params={**parameters, "format": form})
    assert answer.status_code == 200, answer.text
    return answer


def sheet_rows(body: bytes) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(body))["table"].iter_rows()]


@pytest.mark.parametrize("name", TABLES)
async def test_each_table_has_the_same_rows_in_every_format(client: httpx.AsyncClient, name: str) -> None:
    path, own, rows_name = TABLES[name]
    asked = {**own, "from": "2025-01-01", "to": "2026-01-01"} if name == "changes" else {**own, **WINDOW}
    rows = (await get_json(client, path, **asked))[rows_name]
    plain = list(csv.reader(io.StringIO((await get_file(client, path, "csv", **asked)).text, newline="")))
    excel = await get_file(client, path, "csv-excel", **asked)
    for_excel = list(csv.reader(io.StringIO(excel.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    workbook = await get_file(client, path, "xlsx", **asked)
    assert workbook.headers["content-type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert excel.headers["content-disposition"] == f'attachment; filename="{path.rpartition("/")[2]}.csv"'
    assert workbook.headers["content-disposition"] == f'attachment; filename="{path.rpartition("/")[2]}.xlsx"'
    sheet = sheet_rows(workbook.content)
    # The table of districts has a last row for incidents without one.
    assert len(plain) - 1 == len(for_excel) - 1 == len(sheet) - 1 == len(rows) + (name == "districts")
    assert plain[0] == for_excel[0] == sheet[0]
    for line, localised, values in zip(plain[1:], for_excel[1:], sheet[1:], strict=True):
        for text, local, value in zip(line, localised, values, strict=True):
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert float(text) == float(local.replace(",", ".")) == pytest.approx(value)
                assert "." not in local
            elif value is None:
                assert text == local == ""


async def test_hexagons_are_those_of_sql_most_first(client: httpx.AsyncClient, filled_url: str) -> None:
    asked = {"sector": "roads", "status": "open", **WINDOW}
    table = await get_json(client, "/api/cells", resolution="9", **asked)
    where = f"sector.code = 'roads' and status not in (6, 7, 8) and {IN_WINDOW}"
    finest = await query_oracle(filled_url, where, "cell")
    expected: dict[str, int] = {}
    for cell, numbers in finest.items():
        above = h3.int_to_str(h3.cell_to_parent(cell, 9))
        expected[above] = expected.get(above, 0) + numbers["count"]
    assert {row["h3"]: row["count"] for row in table["cells"]} == expected
    counts = [row["count"] for row in table["cells"]]
    assert counts == sorted(counts, reverse=True)
    finest_table = await get_json(client, "/api/cells", resolution="10", **asked)
    for row in finest_table["cells"]:
        check_measures(row, finest[h3.str_to_int(row["h3"])])
    features = (await get_file(client, "/api/cells", "geojson", resolution="9", **asked)).json()["features"]
    assert [feature["id"] for feature in features] == [row["h3"] for row in table["cells"]]
    one = await get_json(client, f"/api/cells/{table['cells'][0]['h3']}", **asked)
    assert {name: one["cell"][name] for name in table["cells"][0]} == {**table["cells"][0], "name": one["cell"]["name"]}


async def test_a_file_of_incidents_holds_more_than_a_page_and_links_to_the_rest(client: httpx.AsyncClient) -> None:
    count = (await get_json(client, "/api/summary", **WINDOW))["n"]
    whole = await get_file(client, "/api/incidents", "csv-excel", limit="10000", **WINDOW)
    assert whole.text.count("\r\n") - 1 == count > 200
    assert "link" not in whole.headers
    part = await get_file(client, "/api/incidents", "xlsx", limit="300", **WINDOW)
    assert len(sheet_rows(part.content)) == 301
    assert 'rel="next"' in part.headers["link"]
    refused = await client.get("/api/incidents", params={"limit": "201", **WINDOW})
    assert refused.status_code == 400
    assert "200" in refused.json()["detail"]


@pytest.mark.parametrize("resolution", ["", "0", "11", "fine"])
async def test_a_resolution_that_there_is_not_is_refused(client: httpx.AsyncClient, resolution: str) -> None:
    answer = await client.get("/api/cells", params={"resolution": resolution} if resolution else {})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "resolution")


async def test_an_unknown_format_is_refused_with_those_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/summary", params={"format": "xls"})
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith("json, csv, csv-excel, xlsx")
    accepted = await client.get("/api/summary", headers={"Accept": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})
    assert sheet_rows(accepted.content)[0][:2] == ["kind", "code"]
