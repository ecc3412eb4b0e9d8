"""Our Open311 client pulls from our own server: at first all, then what is new and what has changed, and again."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from ingest.mapping.mapping import load_mapping
from ingest.pull.client import ClientPolicy
from ingest.pull.pull import PullCallbacks, PullRequest, pull
from ingest.runs.run import IngestOptions, RunCounts
from tests.support.databases import create_database, database_address, execute_statement
from tests.support.http_client import filled
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, fetch, incident, send
from tests.support.open311_city import City, request, served
from tests.support.open311_reports import THEMES

pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One server for all of them."""

POLICY = ClientPolicy("tests", per_second=10_000, timeout_s=20, retries=1, retry_pause_s=0.01)
NOW = datetime.now(UTC).replace(microsecond=0)
OLD = [incident(f"old-{day}", received_at=(NOW - timedelta(days=day, hours=1)).isoformat(), text="Яма") for day in range(0, 200, 5)]
STATE = (
    "select status, received_at, closed_at, st_x(location) from incident"
    " where source_id = (select id from source where code = $1) order by 2"
)


@pytest.fixture(scope="module")
def server_url(database_url: str) -> str:
    """The database of the server."""
    return filled(database_url, lambda held: held.execute(THEMES))


@pytest.fixture(scope="module")
def client_url(cluster_url: str, template: str) -> Iterator[str]:
    """The database that is pulled into."""
    name = f"geo_{os.getpid()}_pulled"
    asyncio.run(create_database(cluster_url, name, template))
    yield database_address(cluster_url, name)
    asyncio.run(execute_statement(cluster_url, f'drop database "{name}" with (force)'))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(server_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The server with a request every five days, on a port of its own."""
    given: dict[str, Any] = {"database_url": server_url, "write_keys": KEY, "open311_texts": "*"}
    async with serve_application(make_application(Settings(**given))) as made:
        assert (await send(made, OLD, source="portal")).json()["counts"]["new"] == len(OLD)
        yield made


async def pulled(server: httpx.AsyncClient, url: str, notes: list[str], *, since: datetime | None = None, ending: str = "") -> RunCounts:
    asked = PullRequest(f"{server.base_url}/open311/v2{ending}", since, source="neighbour")
    callbacks = PullCallbacks(notes.append, lambda *_: None, lambda _: None)
    return (await pull(url, asked, POLICY, load_mapping("open311"), "open311", callbacks, IngestOptions()))[1]


async def test_a_second_pull_brings_what_is_new_and_what_has_changed_and_a_third_nothing(
    server: httpx.AsyncClient, server_url: str, client_url: str
) -> None:
    notes: list[str] = []
    first = await pulled(server, client_url, notes, since=NOW - timedelta(days=300))
    assert (first.read, first.new, dict(first.rejected)) == (len(OLD), len(OLD), {})

    form = {
        "service_code": "roads.pothole",
        "lat": "45.1",
        "long": "39.1",
        "description": "Новая яма",
        "api_key": KEY,
        "media_url": "https://a/1",
    }
    assert (await server.post("/open311/v2/requests.json", data=form)).status_code == 201
    # One status changes with its instant, one of long ago without any, and one is closed as of last week.
    changed = [
        OLD[1] | {"status": "in_work", "updated_at": datetime.now(UTC).isoformat()},
        OLD[-1] | {"status": "closed"},
        OLD[10] | {"status": "closed", "closed_at": (NOW - timedelta(days=7)).isoformat()},
    ]
    assert (await send(server, changed, source="portal")).json()["counts"]["changed"] == 3
    await asyncio.sleep(1.05)

    second = await pulled(server, client_url, notes)
    assert second.new == 1
    # OLD[1] is open as before for the standard, but was updated.
    assert second.changed == 3
    assert second.read < len(OLD)
    assert [tuple(row) for row in await fetch(client_url, "select url from incident_media")] == []

    # What was open at the first pull, and is opened again after it was closed, has moved on each time.
    reopened = [OLD[10] | {"status": "returned", "updated_at": datetime.now(UTC).isoformat()}]
    assert (await send(server, reopened, source="portal")).json()["counts"]["changed"] == 1
    await asyncio.sleep(1.05)
    assert (await pulled(server, client_url, notes)).changed == 1
    last = await pulled(server, client_url, notes)
    assert (last.new, last.changed) == (0, 0)
    assert not [note for note in notes if "updated_after" in note]

    ours, theirs = await fetch(server_url, STATE, "portal"), await fetch(client_url, STATE, "neighbour")
    as_pulled = {0: 0, 2: 0, 5: 0, 6: 6}
    assert [(as_pulled[row[0]], row[1], row[3]) for row in ours] == [(row[0], row[1], row[3]) for row in theirs[: len(ours)]]
    assert len(theirs) == len(ours) + 1


@pytest.mark.parametrize("ending", [".json", ".xml"])
async def test_linked_pages_lose_nothing_when_requests_come_in_meanwhile(server: httpx.AsyncClient, ending: str) -> None:
    """By number of pages, a new request would push one from the end of each page to the beginning of the next."""
    url: str | None = "/open311/v2/requests.json?page_size=3&start_date=" + (NOW - timedelta(days=60)).strftime("%Y-%m-%d")
    whole = {one["service_request_id"] for one in (await server.get(str(url).replace("page_size=3", "page_size=500"))).json()}
    found: list[str] = []
    number = 0
    while url:
        answer = await server.get(url)
        found += [one["service_request_id"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url")
        number += 1
        if number < 4:
            await send(server, incident(f"mean{ending}-{number}", received_at=datetime.now(UTC).isoformat()), source="chat")
    assert len(found) == len(set(found))
    assert whole == set(found)


async def test_pages_of_changes_are_linked_in_the_order_of_the_changes(server: httpx.AsyncClient) -> None:
    url: str | None = "/open311/v2/requests.json?page_size=4&updated_after=" + (NOW - timedelta(days=100)).strftime("%Y-%m-%d")
    found: list[tuple[str, str]] = []
    while url:
        answer = await server.get(url)
        found += [(one["modified_datetime"], one["service_request_id"]) for one in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert len({number for _, number in found}) == len(found) > 20
    assert [at for at, _ in found] == sorted((at for at, _ in found), reverse=True)


async def test_photographs_are_stored_by_a_pull_from_a_server_that_shows_them(client_url: str) -> None:
    city = City([request(number, NOW - timedelta(days=number + 1), media_url=f"https://city.example/{number}.jpg") for number in range(25)])
    city.requests += [request(99, NOW - timedelta(days=2), media_url=None)]
    with served(city) as url:
        asked = PullRequest(url, NOW - timedelta(days=60), source="city")
        callbacks = PullCallbacks(lambda _: None, lambda *_: None, lambda _: None)
        await pull(client_url, asked, POLICY, load_mapping("open311"), "open311", callbacks, IngestOptions())
    async with open_connection(client_url) as held:
        rows = await held.fetch(
            "select external_id, url from incident_media inner join incident on id = incident_id order by external_id::int"
        )
    assert [tuple(row) for row in rows] == [(f"{number}", f"https://city.example/{number}.jpg") for number in range(25)]
