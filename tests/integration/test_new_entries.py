"""What requests may add to the catalogue: a limit per request, one per key and day, and sequences at their end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest

from geo_service.cli.application import make_application
from geo_service.core.settings import Settings
from geo_service.http.api_keys import key_id
from tests.support.http_client import asking
from tests.support.ingest_client import KEY, KEYED, emptied, fetch, incident, lines, outcomes, send

OTHER = {"Authorization": "Bearer another-key-of-them"}
CATALOGUE = "select (select count(*) from theme), (select count(*) from agency), (select count(*) from source)"
ADDED_TODAY = "select entries from new_entry_count where key_id = $1 and day = (now() at time zone 'UTC')::date"


@pytest.fixture(autouse=True)
async def empty_catalogue(database_url: str) -> None:
    """No incidents, no entries, no counts; sequences at their beginning."""
    await emptied(database_url)
    await fetch(database_url, "delete from theme")
    await fetch(database_url, "delete from agency")
    await fetch(database_url, "delete from source")
    await fetch(database_url, "delete from new_entry_count")


@asynccontextmanager
async def sending(url: str, **limits: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that nobody needs to be ready: only its writers are used."""
    app = make_application(Settings(database_url=url, write_keys=f"another-key-of-them,{KEY}", **limits))
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


def rows(count: int, **change: Any) -> list[dict[str, Any]]:
    return [incident(f"{number}", **({"theme": f"Тема {number}"} | change)) for number in range(count)]


async def test_rows_that_need_more_new_entries_than_a_request_may_add_are_rejected(database_url: str) -> None:
    async with sending(database_url, new_entries_per_request=4) as client:
        # The source and three themes; the agency of the fourth row is one too many.
        sent = [*rows(3), incident("a", theme="Тема 1", agency="Управа"), incident("b", theme="тема 2"), incident("c", theme="Тема 9")]
        answer = await send(client, sent)
        assert outcomes(answer) == ["new", "new", "new", "rejected", "new", "rejected"]
        fourth, last = answer.json()["rows"][3], answer.json()["rows"][5]
        assert (fourth["reason"], fourth["fields"], last["fields"]) == ("new_entry_limit", ["agency"], ["theme"])
        assert last["detail"] == (
            "theme 'Тема 9' is new, and no more themes, agencies and sources may be added: this request has added 4"
            " (GEO_NEW_ENTRIES_PER_REQUEST)"
        )
        assert answer.json()["counts"] == {"new": 4, "changed": 0, "unchanged": 0, "stale": 0, "repeated": 0, "rejected": 2}
        kept = await fetch(database_url, "select line, reason, row_text from reject where run_id = $1 order by line", answer.json()["run"])
        assert [(line, reason, orjson.loads(text)["id"]) for line, reason, text in kept] == [
            (4, "new_entry_limit", "a"), (6, "new_entry_limit", "c"),
        ]  # fmt: skip
        assert await fetch(database_url, CATALOGUE) == [(3, 0, 1)]
        assert outcomes(await send(client, sent)) == ["unchanged", "unchanged", "unchanged", "new", "unchanged", "new"], "another request"
        single = await send(client, incident("d", theme="Ещё одна"))
        assert single.status_code == 200


async def test_a_stream_is_one_request_over_all_its_batches(database_url: str) -> None:
    async with sending(database_url, new_entries_per_request=5) as client:
        answer = await send(client, lines([*rows(1500, theme="Одна"), *rows(1500)]))
        *found, last = map(orjson.loads, answer.content.splitlines())
    assert [row["outcome"] for row in found[:1500]] == ["new"] * 1500
    assert [row["outcome"] for row in found[1500:]] == ["changed"] * 3 + ["rejected"] * 1497
    assert (last["summary"]["complete"], last["summary"]["counts"]["rejected"]) == (True, 1497)
    assert await fetch(database_url, CATALOGUE) == [(4, 0, 1)]


async def test_the_limit_of_a_day_holds_for_a_key_over_requests_restarts_and_processes(database_url: str) -> None:
    async with sending(database_url, new_entries_per_day=4) as first, sending(database_url, new_entries_per_day=4) as second:
        assert outcomes(await send(first, rows(2))) == ["new", "new"]
        assert outcomes(await send(second, rows(3))) == ["unchanged", "unchanged", "new"]
        assert await fetch(database_url, ADDED_TODAY, key_id(KEY)) == [(4,)]
        answer = await send(first, rows(4))
        assert outcomes(answer) == ["unchanged"] * 3 + ["rejected"]
        assert "4 have been added with this API key since 00:00 UTC (GEO_NEW_ENTRIES_PER_DAY)" in answer.json()["rows"][3]["detail"]
        others = await first.post("/api/incidents", json=rows(4), headers=OTHER)
        assert outcomes(others) == ["unchanged"] * 3 + ["new"], "another key has a count of its own"
        assert outcomes(await send(second, rows(4))) == ["unchanged"] * 4, "what another has added is known"
    async with sending(database_url, new_entries_per_day=4) as restarted:
        assert outcomes(await send(restarted, rows(5))) == ["unchanged"] * 4 + ["rejected"]
        await fetch(database_url, "update new_entry_count set day = day - 1")
        assert outcomes(await send(restarted, rows(5))) == ["unchanged"] * 4 + ["new"], "another day"
    assert await fetch(database_url, "select key_id, entries from new_entry_count where key_id = $1", key_id(KEY)) == [(key_id(KEY), 1)]


async def test_requests_at_once_do_not_add_more_than_the_limit(database_url: str) -> None:
    async with sending(database_url, new_entries_per_day=21, writers=4) as client:
        await send(client, [])
        bodies = [[incident(f"{sender}-{number}", theme=f"Тема {sender} {number}") for number in range(10)] for sender in range(4)]
        answers = await asyncio.gather(*(send(client, body) for body in bodies))
    stored = sum(outcomes(answer).count("new") for answer in answers)
    assert (stored, await fetch(database_url, CATALOGUE), await fetch(database_url, ADDED_TODAY, key_id(KEY))) == (
        20,
        [(20, 0, 1)],
        [(21,)],
    )


async def test_a_source_that_is_one_too_many_is_refused_and_nothing_is_written(database_url: str) -> None:
    async with sending(database_url, new_entries_per_request=0) as client:
        for body in (rows(1), lines(rows(1))):
            answer = await send(client, body)
            assert (answer.status_code, answer.json()["title"], "retry-after" in answer.headers) == (429, "Too many new entries", False)
            assert answer.json()["detail"].startswith("source: 'api' is new, and no more themes")
    async with sending(database_url, new_entries_per_day=0) as client:
        answer = await send(client, rows(1))
        assert (answer.status_code, 0 < int(answer.headers["retry-after"]) <= 86_401) == (429, True)
        form = {"service_code": "roads", "lat": "45.03", "long": "38.97"}
        report = await client.post("/open311/v2/requests.json", data=form, headers=KEYED)
        assert report.status_code in (429, 503)
    assert await fetch(database_url, CATALOGUE) == [(0, 0, 0)]
    assert await fetch(database_url, "select count(*) from ingest_run") == [(0,)]


@pytest.mark.parametrize(("table", "last"), [("source", 32767), ("theme", 2**31 - 1), ("agency", 2**31 - 1), ("incident", 2**63 - 1)])
async def test_a_sequence_at_its_end_is_said_to_be_and_known_rows_are_still_written(database_url: str, table: str, last: int) -> None:
    body = incident("1", agency="Управа")
    async with sending(database_url) as client:
        assert (await send(client, body, source="known")).status_code == 200
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        ((before,),) = await fetch(database_url, f"select nextval({sequence})")
        await fetch(database_url, f"select setval({sequence}, {last})")
        try:
            new = incident("2", theme="Новая", agency="Новая")
            for form in (new, [new], lines([new])):
                answer = await send(client, form, source="new" if table == "source" else "known")
                problem = orjson.loads(answer.content.splitlines()[-1])
                assert (answer.status_code, problem["title"]) == (409, "No numbers left"), answer.text
                assert "has no number left for a new row" in problem["detail"]
            # An upsert takes a number also for an incident that it updates.
            if table != "incident":
                again = await send(client, lines([body | {"status": "closed"}]), source="known")
                assert orjson.loads(again.content.splitlines()[0])["outcome"] == "changed"
        finally:
            await fetch(database_url, f"select setval({sequence}, {before})")
    assert await fetch(database_url, "select external_id from incident") == [("1",)]


def test_the_limits_are_settings() -> None:
    assert (Settings().new_entries_per_request, Settings().new_entries_per_day) == (1000, 2000)
    with pytest.raises(ValueError, match="greater than or equal to 0"):
        Settings(new_entries_per_day=-1)


async def test_senders_without_a_key_count_together(database_url: str) -> None:
    async with asking(database_url, write_open=True, new_entries_per_day=2) as client:
        answer = await client.post("/api/incidents", json=rows(3))
        assert outcomes(answer) == ["new", "rejected", "rejected"]
    assert await fetch(database_url, ADDED_TODAY, "") == [(2,)]
