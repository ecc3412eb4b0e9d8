"""The list of incidents over HTTP, its orders and pages, against SQL."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import h3.api.basic_int as h3
import httpx
import pytest

from geo_service.aggregation.statistics.incident_rows import FIELDS
from geo_service.core.database import open_connection
from geo_service.core.model import LocationQuality, Status
from tests.support.http_client import asking, filled, until
from tests.support.statistics_oracle import CELLS, OVERDUE, fill

ALWAYS = {"from": "2024-01-01", "to": "2027-01-01"}
SELECTIONS = [
    ({}, "true"),
    ({"sector": "roads", "source": "letter"}, "sector.code = 'roads' and source.code = 'letter'"),
    ({"status": "overdue,new", "district": "0301"},
     f"(status = 0 or {OVERDUE}) and district_id in (2, 6, 7)"),
    ({"agency": "mayor", "from": "2025-02-01", "to": "2025-02-03"},
     "agency.code = 'mayor' and received_at >= '2025-02-01 00:00+03' and received_at < '2025-02-03 00:00+03'"),
    ({"theme": "waste.dump", "status": "closed"}, "theme.code = 'waste.dump' and status = 6"),
    ({"sector": "health"}, "false"),
]  # fmt: skip
ORDERS = {
    "received": ("true", "date_trunc('second', received_at) desc, incident.id desc"),
    # What has a valid answer waits for no deadline.
    "due": ("status not in (6, 7, 8)", "case when answered_at is null or status = 5 then due_at end asc nulls last, incident.id asc"),
}
ORACLE = f"""
select incident.id, received_at, due_at, answered_at, closed_at, status,
    {OVERDUE} as overdue,
    sector.code as sector, theme.code as theme, source.code as source, agency.code as agency, district.code as district,
    st_x(location) as lng, st_y(location) as lat, to_hex(cell) as h3, location_quality as precision
from incident
join theme on theme.id = theme_id join sector on sector.id = sector_id join source on source.id = source_id
left join agency on agency.id = agency_id left join district on district.id = district_id
"""
PERSONAL = "Ивановой, дом 7"


async def fill_with_equals(held: asyncpg.Connection) -> None:
    """A third came at midnight of their day: many are of one second. Two have no place."""
    await fill(held)
    await held.execute(
        "update incident set location_quality = id % 7, message = $1, address = $1,"
        " received_at = case when id % 3 = 0 then date_trunc('day', received_at) else received_at end",
        PERSONAL,
    )
    await held.execute("update incident set location = null, cell = null where id in (7, 8)")


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """The module's database with the incidents in it."""
    return filled(database_url, fill_with_equals)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, once it is ready."""
    async with asking(filled_url) as made:
        yield made


async def ask(client: httpx.AsyncClient, path: str = "/api/incidents", **parameters: str | int) -> Any:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def pages(client: httpx.AsyncClient, **parameters: str | int) -> list[dict[str, Any]]:
    """All rows, page by page."""
    page = await ask(client, "/api/incidents", **parameters)
    rows: list[dict[str, Any]] = page["incidents"]
    while page["next"]:
        page = await ask(client, "/api/incidents", **parameters, after=page["next"])
        assert 0 < len(page["incidents"]) <= page["limit"]
        rows += page["incidents"]
    return rows


async def oracle(url: str, where: str, order: str = "incident.id", placed: bool = True) -> list[dict[str, Any]]:
    """Rows as the answer has them, by SQL."""
    async with open_connection(url) as held:
        rows = await held.fetch(
            f"{ORACLE} where {where} and {'cell is not null' if placed else 'true'} order by {order}", datetime.now(UTC)
        )
    return [told(row) for row in rows]


def told(row: asyncpg.Record) -> dict[str, Any]:
    times = {name: row[name] and row[name].strftime("%Y-%m-%dT%H:%M:%SZ") for name in FIELDS if name.endswith("_at")}
    where = {name: None if row[name] is None else round(row[name], 7) for name in ("lng", "lat")}
    words = {"status": Status(row["status"]).code, "precision": LocationQuality(row["precision"]).code}
    return {**row, **times, **where, **words}


@pytest.mark.parametrize("order", ORDERS)
async def test_pages_put_together_are_the_list_of_sql(client: httpx.AsyncClient, filled_url: str, order: str) -> None:
    also, by = ORDERS[order]
    for parameters, where in SELECTIONS:
        found = await pages(client, order=order, limit=170, **{**ALWAYS, **parameters})
        assert found == await oracle(filled_url, f"{where} and {also}", by)


async def test_a_page_names_the_codes_in_it_and_no_others(client: httpx.AsyncClient) -> None:
    page = await ask(client, limit=3, **ALWAYS)
    for kind in ("status", "sector", "theme", "source", "agency", "district"):
        assert set(page["names"][kind]) == {row[kind] for row in page["incidents"]} - {None}
    assert page["names"]["sector"].items() <= {
        "roads": {"ru": "Дороги", "en": "Roads"}, "waste": {"ru": "Отходы (ТКО)", "en": "Solid waste"}
    }.items()  # fmt: skip
    assert all(set(name) == {"ru", "en"} for kind in page["names"].values() for name in kind.values())
    assert (page["order"], page["limit"], page["window"]["from"]) == ("received", 3, "2023-12-31T21:00:00Z")


@pytest.mark.parametrize("order", ORDERS)
async def test_the_incidents_of_a_hexagon_are_those_whose_cell_lies_in_it(client: httpx.AsyncClient, filled_url: str, order: str) -> None:
    also, by = ORDERS[order]
    for resolution in (1, 8, 9, 10):
        cell = h3.cell_to_parent(CELLS[5], resolution)
        inside = [str(one) for one in CELLS if h3.cell_to_parent(one, resolution) == cell]
        found = await pages(client, order=order, cell=h3.int_to_str(cell), limit=200, **ALWAYS)
        assert found == await oracle(filled_url, f"cell in ({', '.join(inside)}) and {also}", by)
        counted = await ask(client, f"/api/cells/{h3.int_to_str(cell)}", **ALWAYS)
        assert order == "due" or len(found) == counted["cell"]["count"]


async def test_a_hexagon_that_never_held_an_incident_lists_none(client: httpx.AsyncClient) -> None:
    nowhere = h3.int_to_str(h3.latlng_to_cell(-45, 10, 8))
    assert (await ask(client, cell=nowhere, **ALWAYS))["incidents"] == []
    assert (await ask(client, cell=nowhere, order="due", **ALWAYS))["next"] is None


async def test_pages_go_on_where_they_were_while_incidents_come(client: httpx.AsyncClient, filled_url: str) -> None:
    whole = [row["id"] for row in await pages(client, limit=200, sector="waste", **ALWAYS)]
    first = await ask(client, limit=100, sector="waste", **ALWAYS)
    async with open_connection(filled_url) as held:
        # One newer than all, one in the middle of the page that has been read, and one of the second in which it ended.
        ended = first["incidents"][-1]["received_at"]
        middle = first["incidents"][50]["received_at"]
        new = [
            await held.fetchval(
                "insert into incident (source_id, external_id, location, cell, location_quality, theme_id, status, received_at, updated_at)"
                " select 1, $1, location, cell, 0, 3, 0, $2, now() from incident where id = 1 returning id",
                f"late-{at}", datetime.fromisoformat(at),
            )
            for at in ("2026-12-31T00:00:00Z", middle, ended)
        ]  # fmt: skip
    try:
        await until(lambda: _is_there(client, new[-1]))
        assert (await ask(client, limit=1, sector="waste", **ALWAYS))["incidents"][0]["id"] == new[0]
        rest = await ask(client, limit=200, sector="waste", after=first["next"], **ALWAYS)
        assert [row["id"] for row in first["incidents"] + rest["incidents"]] == whole[:300]
        assert [row["id"] for row in await pages(client, limit=200, sector="waste", **ALWAYS) if row["id"] not in new] == whole
    finally:
        async with open_connection(filled_url) as held:
            await held.execute("delete from incident where id = any($1::bigint[])", new)


async def _is_there(client: httpx.AsyncClient, number: int) -> bool:
    return (await client.get(f"/api/incidents/{number}")).status_code == 200


async def test_one_incident_has_the_fields_of_the_list_with_a_place_or_without(client: httpx.AsyncClient, filled_url: str) -> None:
    for number in (1, 7, 4000):
        page = await ask(client, f"/api/incidents/{number}")
        (row,) = await oracle(filled_url, f"incident.id = {number}", placed=False)
        async with open_connection(filled_url) as held:
            external_id = await held.fetchval("select external_id from incident where id = $1", number)
        assert page["incident"] == row | {"external_id": external_id, "source_url": None}
        assert page["names"]["theme"][page["incident"]["theme"]]["ru"]
    assert (await ask(client, "/api/incidents/7"))["incident"]["h3"] is None


async def test_an_unknown_incident_is_not_found(client: httpx.AsyncClient) -> None:
    for number in ("4001", "9223372036854775807"):
        answer = await client.get(f"/api/incidents/{number}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


async def test_nothing_that_a_citizen_wrote_is_told(client: httpx.AsyncClient) -> None:
    for path in ("/api/incidents/1", "/api/incidents?window=9999d"):
        for form in ("json", "csv"):
            answer = await client.get(path, params={**httpx.QueryParams(path.partition("?")[2]), "format": form})
            assert answer.status_code == 200
            assert PERSONAL not in answer.text


async def test_as_csv_it_has_the_same_rows_and_a_header_even_without_any(client: httpx.AsyncClient) -> None:
    rows = (await ask(client, limit=20, **ALWAYS))["incidents"]
    answer = await client.get("/api/incidents", params={"limit": 20, "format": "csv", **ALWAYS})
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(row["id"], row["due_at"], row["overdue"], row["h3"]) for row in table] == [
        (str(row["id"]), row["due_at"] or "", str(row["overdue"]).lower(), row["h3"]) for row in rows
    ]
    following = await client.get(answer.links["next"]["url"])
    assert following.text.splitlines()[1] != answer.text.splitlines()[1]
    assert len(following.text.splitlines()) == 21
    empty = await client.get("/api/incidents", params={"sector": "health", "format": "csv"})
    assert empty.text == ",".join(FIELDS) + "\r\n"
    assert "next" not in empty.links


async def test_an_answer_that_the_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/incidents", params=ALWAYS)
    again = await client.get("/api/incidents", params=ALWAYS, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


REFUSED = {
    "?limit=0": "limit",
    "?limit=201": "limit",
    "?order=changed": "order",
    "?after=nonsense": "after",
    "?after=%2B%2F": "after",
    "?after=é": "after",
    "?cell=8a1": "cell",
    "?cell=8f2830828052d25": "cell",
    "?format=geojson": "format",
    "?text=a": "text",
    "/0": "id",
    "/99999999999999999999": "id",
    "/one": "id",
    "/1?sector=roads": "sector",
}


async def test_what_cannot_be_asked_is_refused_by_name(client: httpx.AsyncClient) -> None:
    for path, parameter in REFUSED.items():
        answer = await client.get(f"/api/incidents{path}")
        assert (answer.status_code, answer.json().get("parameter")) == (400, parameter), path


async def test_a_place_of_another_order_is_refused(client: httpx.AsyncClient) -> None:
    page = await ask(client, limit=1, **ALWAYS)
    answer = await client.get("/api/incidents", params={"order": "due", "after": page["next"]})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "after")
