"""Open311 read by an independent client over real connections; filters and errors as the standard has them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY
from tests.support.open311_reports import THEMES, independent, xml

pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One server for all of them."""

NOW = datetime.now(UTC).replace(microsecond=0)
ROWS = """
insert into incident (source_id, external_id, location, cell, location_quality, theme_id, agency_id, status, received_at, closed_at, due_at,
    updated_at, address, message)
select source.id, n::text, st_setsrid(st_makepoint(39, 45), 4326), 622236750694711295, 0, theme.id, agency.id, $1::smallint,
    $2::timestamptz - make_interval(days => n), case when $1::smallint = 6 then $2::timestamptz end, $2::timestamptz,
    $2::timestamptz - make_interval(hours => n), 'Красная, 1', 'Звонила Анна'
from generate_series($3::int, $4::int) as n, source, theme, agency
where source.code = 'portal' and theme.code = $5 and agency.code = 'uprava'
"""


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """Two themes; an incident a day for 120 days, those of 40 to 79 days ago closed; and one of long ago."""

    async def fill() -> None:
        async with open_connection(database_url) as held:
            await held.execute(
                "insert into source (code, name_ru, name_en) values ('portal', 'Портал', 'Portal');"
                "insert into agency (code, name) values ('uprava', 'Управа');" + THEMES
            )
            for status, first, last, theme in (
                (2, 0, 39, "roads.pothole"), (6, 40, 79, "roads.pothole"), (8, 80, 99, "waste/dump.1"), (0, 100, 119, "waste/dump.1"),
            ):  # fmt: skip
                await held.execute(ROWS, status, NOW, first, last, theme)

    asyncio.run(fill())
    return database_url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service on a port of its own."""
    given: dict[str, Any] = {"database_url": filled_url, "write_keys": KEY, "open311_contact": "desk@example.org"}
    async with serve_application(make_application(Settings(**given))) as made:
        yield made


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_an_independent_client_reads_services_and_requests(client: httpx.AsyncClient, form: str) -> None:
    reader = independent(client, form)
    services = {one["service_code"]: one for one in await asyncio.to_thread(reader.get_service_list)}
    assert (services["roads.pothole"]["service_name"], services["roads.pothole"]["group"]) == ("Яма", "Дороги")
    assert len(services) == 9 + 2
    definition = await asyncio.to_thread(reader.get_service_definition, "waste/dump.1")
    assert definition["service_code"] == "waste/dump.1"
    found = await asyncio.to_thread(reader.get_service_requests)
    assert len(found) == 90
    assert [one["status"] for one in found] == ["open"] * 40 + ["closed"] * 50
    ids = ",".join(one["service_request_id"] for one in (found[5], found[85]))
    assert [one["service_request_id"] for one in await asyncio.to_thread(reader.get_service_requests, ids)] == ids.split(",")
    one = await asyncio.to_thread(reader.get_service_request, found[45]["service_request_id"])
    assert (one["status_notes"], one["agency_responsible"], float(one["lat"]), float(one["long"])) == ("closed", "Управа", 45.0, 39.0)
    at = [datetime.fromisoformat(one[name]) for name in ("requested_datetime", "updated_datetime", "expected_datetime")]
    assert at == [NOW - timedelta(days=45), NOW, NOW]
    assert (one["description"], one["address"]) == (None, None)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"status": "closed"}, range(40, 90)),
        ({"status": "open,closed", "service_code": "waste/dump.1"}, range(80, 90)),
        ({"service_code": "energy"}, ()),
        ({"start_date": (NOW - timedelta(days=110)).isoformat(), "end_date": (NOW - timedelta(days=95)).isoformat()}, range(95, 111)),
        ({"start_date": (NOW - timedelta(days=119)).isoformat()}, range(29, 120)),
        ({"end_date": (NOW - timedelta(days=100)).isoformat()}, range(100, 120)),
        ({"page_size": "20", "page": "2"}, range(20, 40)),
        ({"updated_after": (NOW - timedelta(hours=100)).isoformat(), "page_size": "1000"}, range(101)),
        ({"status": "", "page": " ", "start_date": ""}, range(90)),
    ],
)
async def test_filters_take_what_the_standard_says(client: httpx.AsyncClient, asked: dict[str, str], expected: range) -> None:
    answer = await client.get("/open311/v2/requests.json", params=asked)
    days = [(NOW - datetime.fromisoformat(one["requested_datetime"])).days for one in answer.json()]
    assert days == list(expected)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("requests/9999999.xml", 404), ("requests/x.xml", 404), ("services/none.xml", 404), ("tokens/0.xml", 404), ("services.yaml", 404),
        ("requests.xml?status=lost", 400), ("requests.xml?start_date=soon", 400), ("requests.xml?service_code=none", 404),
        ("requests.xml?start_date=2026-01-01&end_date=2026-06-01", 400), ("requests.xml?page_size=2000", 400),
        ("requests.xml?pages=1", 400),
        ("requests.xml?page=1000&page_size=1000", 400), ("requests.xml?service_request_id=99999999999999999999", 200),
    ],
)  # fmt: skip
async def test_what_cannot_be_answered_says_why(client: httpx.AsyncClient, path: str, status: int) -> None:
    answer = await client.get(f"/open311/v2/{path}")
    assert answer.status_code == status
    if status >= 400 and "yaml" not in path:
        assert xml(answer).findtext("error/code") == str(status)


async def test_discovery_names_the_endpoint_in_both_forms(client: httpx.AsyncClient) -> None:
    document = (await client.get("/open311/discovery.json")).json()
    assert document["endpoints"][0]["url"] == f"{client.base_url}/open311/v2"
    assert (document["contact"], "desk@example.org" in document["key_service"]) == ("desk@example.org", True)
    root = xml(await client.get("/open311/discovery.xml"))
    assert [one.text for one in root.iterfind("endpoints/endpoint/formats/format")] == ["text/xml", "application/json"]


async def test_texts_of_other_sources_are_shown_where_that_is_set(filled_url: str) -> None:
    given: dict[str, Any] = {"database_url": filled_url, "open311_texts": "*"}
    async with serve_application(make_application(Settings(**given))) as client:
        found = (await client.get("/open311/v2/requests.json", params={"service_code": "waste/dump.1", "page_size": "1"})).json()
    assert (found[0]["description"], found[0]["address"]) == ("Звонила Анна", "Красная, 1")
