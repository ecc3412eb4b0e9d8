"""The desk's verdict on an alert: who may give it, what is stored, who hears of it."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from geo_service.http.api_keys import key_id
from geo_service.queries.alerts import MAX_NOTE_LENGTH
from tests.support.event_stream import EventStream
from tests.support.http_client import asking, until
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, KEYED, fetch
from tests.support.stored_alerts import fill_with_alerts

OTHER_KEY = "another-key-for-tests"
OLD = 5
"""An alert that closed so long ago that no process remembers it."""


@pytest.fixture(scope="module")
async def filled_url(database_url: str) -> str:
    """The module's database with alerts in it."""
    async with open_connection(database_url) as connection:
        await fill_with_alerts(connection)
    return database_url


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that two keys open."""
    async with asking(filled_url, write_keys=f"{KEY},{OTHER_KEY}") as client:
        await until(lambda: knows_alerts(client))
        yield client


async def knows_alerts(client: httpx.AsyncClient) -> bool:
    return bool((await client.get("/api/alerts")).json()["alerts"])


async def give(client: httpx.AsyncClient, number: int, key: str = KEY, **body: Any) -> httpx.Response:
    return await client.post(f"/api/alerts/{number}/verdict", json=body, headers={"Authorization": f"Bearer {key}"})


async def verdict_of(client: httpx.AsyncClient, number: int) -> dict[str, Any] | None:
    verdict: dict[str, Any] | None = (await client.get(f"/api/alerts/{number}")).json()["verdict"]
    return verdict


async def test_a_verdict_is_stored_with_its_note_and_the_key_that_gave_it(client: httpx.AsyncClient) -> None:
    answer = await give(client, 1, value="real", note="  Прорыв водовода ")
    assert answer.status_code == 200
    stored = answer.json()
    assert {**stored, "verdict": {**stored["verdict"], "at": ""}} == {
        "alert": 1, "changed": True, "verdict": {"value": "real", "note": "Прорыв водовода", "by": key_id(KEY), "at": ""},
    }  # fmt: skip
    assert await verdict_of(client, 1) == stored["verdict"]
    listed = (await client.get("/api/alerts")).json()["alerts"]
    assert [alert["verdict"] for alert in listed if alert["id"] == 1] == [stored["verdict"]]


async def test_the_same_again_changes_nothing_whoever_sends_it(client: httpx.AsyncClient) -> None:
    first = (await give(client, 2, value="not_real", note="Учения")).json()
    again = (await give(client, 2, OTHER_KEY, value="not_real", note="Учения")).json()
    assert again == {**first, "changed": False}
    assert again["verdict"]["by"] == key_id(KEY)


async def test_a_verdict_is_replaced_and_taken_back(client: httpx.AsyncClient) -> None:
    await give(client, 3, value="real")
    replaced = (await give(client, 3, OTHER_KEY, value="not_real")).json()
    assert (replaced["verdict"]["value"], replaced["verdict"]["by"], replaced["changed"]) == ("not_real", key_id(OTHER_KEY), True)
    assert (await give(client, 3, value=None)).json() == {"alert": 3, "verdict": None, "changed": True}
    assert await verdict_of(client, 3) is None
    assert (await give(client, 3, value=None)).json()["changed"] is False


async def test_an_alert_that_closed_long_ago_still_gets_a_verdict(client: httpx.AsyncClient) -> None:
    assert (await give(client, OLD, value="real")).json()["changed"] is True
    verdict = await verdict_of(client, OLD)
    assert verdict is not None
    assert verdict["value"] == "real"


@pytest.mark.parametrize(
    ("body", "named"),
    [(b"", "JSON"), (b"{", "JSON"), (b"[]", "value"), (b"{}", "value: is missing"), (b'{"value": "true"}', "value"),
     (b'{"value": 1}', "value"), (b'{"value": ["real"]}', "value"), (b'{"value": "real", "note": 5}', "note"),
     (b'{"value": "real", "note": "\\u0000"}', "note"), (b'{"value": "real", "who": "me"}', "who"), (b'{"value": "\xff"}', "JSON"),
     (json.dumps({"value": "real", "note": "x" * (MAX_NOTE_LENGTH + 1)}).encode(), f"{MAX_NOTE_LENGTH} characters")],
)  # fmt: skip
async def test_a_body_that_cannot_be_used_is_refused_by_name(client: httpx.AsyncClient, body: bytes, named: str) -> None:
    answer = await client.post("/api/alerts/4/verdict", content=body, headers=KEYED | {"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert named in answer.json()["detail"]
    assert await verdict_of(client, 4) is None


async def test_what_is_no_json_or_too_long_is_refused(client: httpx.AsyncClient) -> None:
    headers = KEYED | {"Content-Type": "text/plain"}
    assert (await client.post("/api/alerts/4/verdict", content=b'{"value": "real"}', headers=headers)).status_code == 415
    answer = await client.post("/api/alerts/4/verdict", content=b" " * 70_000, headers=KEYED | {"Content-Type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize(("number", "status"), [("6", 404), ("0", 400), ("x", 400), (str(2**63), 400)])
async def test_an_alert_that_is_not_there_gets_no_verdict(client: httpx.AsyncClient, number: str, status: int) -> None:
    answer = await client.post(f"/api/alerts/{number}/verdict", json={"value": "real"}, headers=KEYED)
    assert answer.status_code == status


async def test_a_parameter_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/alerts/4/verdict?note=x", json={"value": "real"}, headers=KEYED)
    assert (answer.status_code, answer.json()["parameter"]) == (400, "note")


async def test_without_a_key_nobody_gives_a_verdict(client: httpx.AsyncClient, filled_url: str) -> None:
    missing = await client.post("/api/alerts/4/verdict", json={"value": "real"})
    assert (missing.status_code, missing.headers["www-authenticate"]) == (401, "Bearer")
    assert missing.json()["detail"] == "cannot give a verdict: missing API key; send `Authorization: Bearer <key>`"
    assert (await give(client, 4, "wrong-key-for-the-tests", value="real")).status_code == 401
    foreign = await client.post("/api/alerts/4/verdict", json={"value": "real"}, headers=KEYED | {"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert "this origin may not give a verdict" in foreign.json()["detail"]
    async with asking(filled_url) as closed:
        assert (await give(closed, 4, value="real")).status_code == 403
    assert await verdict_of(client, 4) is None


async def test_where_everybody_may_write_nobody_is_named(filled_url: str) -> None:
    async with asking(filled_url, write_open=True) as client:
        answer = await client.post("/api/alerts/4/verdict", json={"value": "real", "note": "дежурный"})
        assert answer.json()["verdict"]["by"] is None
        await client.post("/api/alerts/4/verdict", json={"value": None})


async def test_every_process_tells_its_readers_of_a_verdict(filled_url: str, client: httpx.AsyncClient) -> None:
    other = make_application(Settings(database_url=filled_url))
    async with serve_application(other) as readers:
        await until(lambda: knows_alerts(readers))
        async with readers.stream("GET", "/api/live") as response:
            stream = EventStream(response.aiter_lines())
            assert (await stream.next("revision"))["new"] == 0
            await give(client, 1, value="not_real", note="Плановое отключение")
            heard = await stream.next("alert")
    assert (heard["id"], heard["event"]) == (1, "verdict")
    assert heard["alert"]["verdict"]["note"] == "Плановое отключение"
    assert heard["alert"] == next(one for one in (await client.get("/api/alerts")).json()["alerts"] if one["id"] == 1)


async def test_a_reader_that_comes_back_hears_what_it_has_missed_and_a_new_one_does_not(filled_url: str, client: httpx.AsyncClient) -> None:
    for number in (2, OLD):
        await give(client, number, value="real", note="Авария")
    app = make_application(Settings(database_url=filled_url))
    async with serve_application(app) as readers:
        await until(lambda: knows_alerts(readers))
        async with readers.stream("GET", "/api/live", headers={"Last-Event-ID": "1"}) as response:
            stream = EventStream(response.aiter_lines())
            missed = [await stream.next("alert") for _ in range(5)]
        assert {one["id"] for one in missed} == {1, 2, 3, 4, OLD}
        assert next(one for one in missed if one["id"] == 2)["event"] == "verdict"
        async with readers.stream("GET", "/api/live") as response:
            stream = EventStream(response.aiter_lines())
            await stream.next("revision")
            await give(client, 2, value="not_real")
            assert (await stream.next("alert"))["id"] == 2


async def test_nothing_of_an_alert_is_lost_by_a_verdict(filled_url: str, client: httpx.AsyncClient) -> None:
    before = await fetch(filled_url, "select n, place, agencies::text, updated_at from alert where id = 4")
    await give(client, 4, value="real")
    assert await fetch(filled_url, "select n, place, agencies::text, updated_at from alert where id = 4") == before
    assert await fetch(filled_url, "select count(*) from alert") == [(5,)]
