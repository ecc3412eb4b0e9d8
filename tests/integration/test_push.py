"""Incidents sent over HTTP into a real PostGIS: an answer for each row, nothing lost, nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from tests.support.http_client import asking, until
from tests.support.ingest_client import KEY, KEYED, NDJSON, emptied, fetch, holds, incident, lines, outcomes, send

STORED = "select external_id, st_x(location), st_y(location), status from incident order by external_id"


async def pieces(body: bytes) -> AsyncIterator[bytes]:
    """As a connection brings it."""
    for at in range(0, len(body), 1 << 14):
        yield body[at : at + (1 << 14)]


@pytest.fixture
async def client(database_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that takes incidents with the tests' key, over an empty database."""
    await emptied(database_url)
    async with asking(database_url, write_keys=f"another-key-of-them,{KEY}") as made:
        yield made


async def test_an_object_a_list_and_lines_are_stored_and_answered_in_order(client: httpx.AsyncClient, database_url: str) -> None:
    one = await send(client, incident("a"))
    several = await send(client, [incident("b"), incident("a", status="closed", closed_at="2026-11-25T00:00:00Z")])
    streamed = await send(client, lines([incident("b"), incident("c", lng=40.1, lat=44.6)]))
    assert [answer.status_code for answer in (one, several, streamed)] == [200, 200, 200]
    assert (outcomes(one), one.json()["form"]) == (["new"], "object")
    assert (outcomes(several), several.json()["form"]) == (["new", "changed"], "list")
    *rows, last = map(orjson.loads, streamed.content.splitlines())
    assert [(row["row"], row["id"], row["outcome"]) for row in rows] == [(1, "b", "unchanged"), (2, "c", "new")]
    assert (last["summary"]["complete"], last["summary"]["counts"]["unchanged"], last["summary"]["read"]) == (True, 1, 2)
    assert await fetch(database_url, STORED) == [("a", 38.9747, 45.0355, 6), ("b", 38.9747, 45.0355, 0), ("c", 40.1, 44.6, 0)]
    numbers = dict(await fetch(database_url, "select external_id, id from incident"))
    assert [row["incident"] for row in several.json()["rows"]] == [numbers["b"], numbers["a"]]
    runs = await fetch(database_url, "select id, input, state, read, new, changed, unchanged from ingest_run order by id")
    assert runs == [
        (one.json()["run"], "POST /api/incidents", "finished", 1, 1, 0, 0),
        (several.json()["run"], "POST /api/incidents", "finished", 2, 1, 1, 0),
        (last["summary"]["run"], "POST /api/incidents", "finished", 2, 1, 0, 1),
    ]
    assert await fetch(database_url, "select distinct code from source join incident on source_id = source.id") == [("api",)]


async def test_values_in_other_shapes_are_taken_and_a_bad_date_costs_the_date(client: httpx.AsyncClient, database_url: str) -> None:
    rows = [
        incident("a", lng="38°58'30\"E", lat="45,035 с.ш."),
        incident("b", lng=None, lat=None, point="45.035, 38.975", received_at=1795515300),
        incident("c", lng=None, lat=None, point={"type": "Point", "coordinates": [38.975, 45.035]}, received_at=1795515300000),
        incident("d", lng=38.975, lat=45.035, received_at="24 ноября 2026 г. 10:15", status="Отправлен ответ заявителю"),
        incident("e", lng=38.975, lat=45.035, due_at="0001-01-01", closed_at="1900-01-01T00:00:00", answered_at="вчера"),
    ]
    answer = await send(client, rows)
    assert outcomes(answer) == ["new"] * 5, answer.text
    stored = await fetch(database_url, STORED)
    assert [(row[0], round(row[1], 6), round(row[2], 6), row[3]) for row in stored] == [
        (code, 38.975, 45.035, 4 if code == "d" else 0) for code in "abcde"
    ]
    at = await fetch(database_url, "select external_id, received_at from incident where external_id in ('b', 'c', 'd') order by 1")
    assert [(code, f"{one:%Y-%m-%d %H:%M}") for code, one in at] == [
        ("b", "2026-11-24 10:15"), ("c", "2026-11-24 10:15"), ("d", "2026-11-24 10:15"),
    ]  # fmt: skip
    warning = answer.json()["rows"][4]["warning"]
    assert (warning["reason"], warning["fields"]) == ("date_left_out", ["due_at", "answered_at", "closed_at"])
    assert "placeholder" in warning["detail"]
    assert await fetch(database_url, "select warned, rejected from ingest_run") == [('{"date_left_out": 1}', "{}")]
    assert await fetch(database_url, "select reason from reject") == [("date_left_out",)]


async def test_an_unknown_status_is_kept_by_setting(database_url: str) -> None:
    await emptied(database_url)
    async with asking(database_url, write_keys=KEY, unknown_status="in_work") as client:
        answer = await send(client, [incident("a", status="На столе у начальника"), incident("b")])
    assert outcomes(answer) == ["new", "new"]
    assert answer.json()["rows"][0]["warning"]["reason"] == "status_replaced"
    assert [row[3] for row in await fetch(database_url, STORED)] == [2, 0]
    assert await fetch(database_url, "select warned from ingest_run") == [('{"status_replaced": 1}',)]


async def test_each_bad_row_is_told_its_reason_and_fields_and_kept(client: httpx.AsyncClient, database_url: str) -> None:
    bad = {
        ("unreadable_date", "received_at"): incident("1", received_at="soon"),
        ("missing_coordinates", "lng,lat"): incident("2", lng=None),
        ("outside_world", "lng,lat"): incident("3", lat=91),
        ("zero_coordinates", "lng,lat"): incident("4", lng=0, lat=0),
        ("unknown_status", "status"): incident("5", status="lost"),
        ("broken_row", "sector"): incident("6", sector="magic"),
        ("broken_row", "lng"): incident("7", lng="east"),
        ("broken_row", "id"): incident(""),
    }
    answer = await send(client, [incident("good"), *bad.values(), 7, incident("good", updated_at="2026-01-01")])
    rows = answer.json()["rows"]
    assert answer.status_code == 200
    assert [row["outcome"] for row in rows] == ["new", *["rejected"] * 9, "repeated"]
    assert [(row["reason"], ",".join(row["fields"])) for row in rows[1:9]] == list(bad)
    assert (rows[9]["reason"], rows[9]["id"], rows[9]["row"]) == ("broken_row", None, 10)
    assert answer.json()["counts"] == {"new": 1, "changed": 0, "unchanged": 0, "stale": 0, "repeated": 1, "rejected": 9}
    kept = await fetch(database_url, "select line, reason from reject where run_id = $1 order by line", answer.json()["run"])
    assert kept == [(row["row"], row["reason"]) for row in rows[1:10]]
    stale = await send(client, [incident("good", updated_at="2026-11-01"), incident("early", closed_at="2026-11-01")])
    assert outcomes(stale) == ["stale", "new"]
    assert stale.json()["rows"][1]["warning"]["reason"] == "closed_before_received"
    assert stale.json()["rows"][1]["warning"]["fields"] == ["closed_at"]


async def test_a_single_incident_that_cannot_be_used_is_no_success(client: httpx.AsyncClient) -> None:
    answer = await send(client, incident("1", received_at=None, longitude=38))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert (problem["detail"], problem["rows"][0]["fields"], problem["ignored"]) == ("received_at is blank", ["received_at"], ["longitude"])


async def test_themes_are_known_by_their_codes_named_or_told_by_the_text(client: httpx.AsyncClient, database_url: str) -> None:
    await fetch(
        database_url,
        "insert into theme (code, sector_id, name_ru, name_en) values ('waste.dump', 5, 'Свалка', 'Dump') on conflict do nothing",
    )
    rows = [
        incident("code", theme="waste.dump", sector=None),
        incident("elsewhere", theme="waste.dump", sector="roads"),
        incident("name", theme="Скамейка", sector="Отходы (ТКО)"),
        incident("text", theme=None, sector=None, text="На улице огромная яма на дороге, пробил колесо"),
        incident("unclear", theme=None, sector=None, text="Здравствуйте"),
    ]
    assert outcomes(await send(client, rows)) == ["new"] * 5
    found = await fetch(
        database_url,
        "select external_id, theme.code, sector.code from incident join theme on theme.id = theme_id join sector on sector.id = sector_id"
        " order by incident.id",
    )
    assert found[:3] == [("code", "waste.dump", "waste"), ("elsewhere", "roads-waste.dump", "roads"), ("name", "waste-скамейка", "waste")]
    assert [(name, sector) for name, _, sector in found[3:]] == [("text", "roads"), ("unclear", "other")]


async def test_words_without_coordinates_are_stored_at_once_and_wait_for_their_place(client: httpx.AsyncClient, database_url: str) -> None:
    assert outcomes(await send(client, incident("w", lng=None, lat=None, address="ул. Мира, 1"), source="bot")) == ["new"]
    assert await fetch(database_url, "select address, location from incident") == [("ул. Мира, 1", None)]
    assert await fetch(database_url, "select count(*) from geocode_queue join incident on incident.id = incident_id") == [(1,)]
    assert await fetch(database_url, "select code from source join incident on source_id = source.id") == [("bot",)]


async def test_a_known_source_keeps_its_names(client: httpx.AsyncClient, database_url: str) -> None:
    await fetch(database_url, "insert into source (code, name_ru, name_en) values ('portal', 'Портал', 'Portal')")
    await send(client, incident("p"), source="portal")
    assert await fetch(database_url, "select name_ru, name_en from source where code = 'portal'") == [("Портал", "Portal")]


async def test_only_holders_of_a_key_may_send(client: httpx.AsyncClient, database_url: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong-key-of-nobody"}, {"Authorization": f"Basic {KEY}"}):
        answer = await client.post("/api/incidents", json=incident("x"), headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    async with asking(database_url) as closed:
        refused = await send(closed, incident("x"))
        assert (refused.status_code, "GEO_WRITE_KEYS" in refused.json()["detail"]) == (403, True)
    async with asking(database_url, write_open=True, write_origins="https://desk.example") as opened:
        assert (await opened.post("/api/incidents", json=incident("x"))).status_code == 200
        for origin, status in (("https://evil.example", 403), ("https://test", 403), ("https://desk.example", 200)):
            answer = await opened.post("/api/incidents", json=incident("x"), headers={"Origin": origin})
            assert (origin, answer.status_code) == (origin, status)
            assert answer.headers.get("access-control-allow-origin") == ("https://desk.example" if status == 200 else None)
        for host, status in (("test", 200), ("evil.example", 403)):  # a page of the service's own, and a foreign name that leads to it
            answer = await opened.post("/api/incidents", json=incident("x"), headers={"Host": host, "Origin": f"http://{host}"})
            assert (host, answer.status_code) == (host, status)
        asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "Content-Type"}
        preflights = [
            await opened.options("/api/incidents", headers=asked | {"Origin": origin})
            for origin in ("https://desk.example", "https://evil.example")
        ]
        assert [answer.status_code for answer in preflights] == [200, 400]
    assert await fetch(database_url, "select count(*) from incident") == [(1,)]


def test_settings_that_contradict_or_are_easily_guessed_are_refused() -> None:
    wrong: tuple[dict[str, Any], ...] = ({"write_keys": "short"}, {"write_keys": KEY, "write_open": True})
    for given in wrong:
        with pytest.raises(ValueError, match=r"GEO_WRITE_OPEN|at least 16"):
            Settings(**given)
    keyed: dict[str, Any] = {"write_keys": KEY}
    assert KEY not in repr(Settings(**keyed))


@pytest.mark.parametrize(
    ("body", "kind", "status", "told"),
    [
        (b"", "application/json", 400, "empty"),
        (b'{"id": 1', "application/json", 400, "cut short"),
        (b"[1, 2", "application/json", 400, "cut short"),
        (b"{}{}", "application/json", 400, "no JSON"),
        (b"[" * 5000, "application/json", 400, "nested"),
        (b"id=1", "application/x-www-form-urlencoded", 415, "application/x-ndjson"),
        (b"id=1", "text/plain", 415, "application/json"),
    ],
)
async def test_a_body_that_cannot_be_read_says_why(client: httpx.AsyncClient, body: bytes, kind: str, status: int, told: str) -> None:
    answer = await client.post("/api/incidents", content=body, headers=KEYED | {"Content-Type": kind})
    assert (answer.status_code, told in answer.json()["detail"]) == (status, True), answer.text


async def test_bad_lines_cost_themselves_only_and_blank_ones_nothing(client: httpx.AsyncClient) -> None:
    long = b'{"id": "' + b"x" * (1 << 20) + b'"}\n'
    answer = await send(client, b"\n" + lines([incident("1")]) + b"{no\n" + long + b"[]\n\n" + lines([incident("2")]).rstrip())
    rows = [orjson.loads(line) for line in answer.content.splitlines()][:-1]
    assert [(row["row"], row["outcome"]) for row in rows] == [(2, "new"), (3, "rejected"), (4, "rejected"), (5, "rejected"), (7, "new")]


async def test_what_came_before_a_failure_is_kept_and_said_to_be(client: httpx.AsyncClient, database_url: str) -> None:
    cut = orjson.dumps([incident(str(number)) for number in range(1500)]) + b"garbage"
    answer = await client.post("/api/incidents", content=pieces(cut), headers=KEYED | {"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["read"], problem["counts"]["new"]) == (400, 1000, 1000)
    assert await fetch(database_url, "select count(*) from incident") == [(1000,)]
    assert await fetch(database_url, "select state, read from ingest_run where id = $1", problem["run"]) == [("failed", 1000)]


async def test_the_same_key_with_the_same_body_has_the_same_answer_and_no_second_effect(
    client: httpx.AsyncClient, database_url: str
) -> None:
    bodies = {"list": [incident("1"), incident("2", status="lost")], "lines": lines(incident(str(number)) for number in range(2500))}
    for key, body in bodies.items():
        first, again = await send(client, body, key), await send(client, body, key)
        assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
        assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await fetch(database_url, "select count(*) from ingest_run") == [(2,)]
    assert (await send(client, [incident("3")], "list")).status_code == 422
    assert (await send(client, bodies["list"], "list", source="other")).status_code == 422
    assert (await send(client, [incident("1")], "a b")).status_code == 400


async def test_of_two_requests_with_one_key_at_once_one_is_told_to_wait(client: httpx.AsyncClient, database_url: str) -> None:
    body = [incident(str(number)) for number in range(1200)]
    answers = await asyncio.gather(*(send(client, body, "at-once") for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert (await send(client, body, "at-once")).content == winner.content
    assert await fetch(database_url, "select count(*) from ingest_run") == [(1,)]


async def test_another_senders_same_key_is_another_key(client: httpx.AsyncClient) -> None:
    await send(client, [incident("1")], "shared")
    other = {"Authorization": "Bearer another-key-of-them", "Idempotency-Key": "shared"}
    answer = await client.post("/api/incidents", json=[incident("2")], headers=other)
    assert (answer.status_code, outcomes(answer)) == (200, ["new"])


async def test_a_key_whose_request_failed_is_free_again(client: httpx.AsyncClient, database_url: str) -> None:
    rows = [incident(str(number)) for number in range(1500)]
    headers = KEYED | {"Content-Type": "application/json", "Idempotency-Key": "retried"}
    assert (await client.post("/api/incidents", content=pieces(orjson.dumps(rows)[:-3]), headers=headers)).status_code == 400
    answer = await send(client, rows, "retried")
    assert (outcomes(answer)[0], outcomes(answer)[-1]) == ("unchanged", "new")
    assert (await send(client, rows, "retried")).content == answer.content
    assert await fetch(database_url, "select count(*), sum(octet_length(lines)) > 0 from idempotency_response") == [(2, True)]


async def test_an_answer_older_than_a_day_is_forgotten(client: httpx.AsyncClient, database_url: str) -> None:
    await send(client, [incident("1")], "old")
    await fetch(database_url, "update idempotency_key set created_at = created_at - interval '25 hours'")
    answer = await send(client, [incident("1")], "old")
    assert ("idempotency-replayed" in answer.headers, outcomes(answer)) == (False, ["unchanged"])


async def test_a_body_that_is_too_long_is_refused_before_it_is_read_and_while_it_comes(database_url: str) -> None:
    await emptied(database_url)

    async def endless() -> AsyncIterator[bytes]:
        for number in range(100_000):
            yield lines([incident(str(number), text="x" * 400)])
        raise AssertionError("read to its end")

    async def never() -> AsyncIterator[bytes]:
        read.append(True)
        yield b""

    read: list[bool] = []
    async with asking(database_url, write_keys=KEY, write_body_mb=1) as made:
        told = await made.post("/api/incidents", content=never(), headers=KEYED | NDJSON | {"Content-Length": "1000001"})
        assert (told.status_code, told.json()["title"], read) == (413, "Body too large", [])
        answer = await made.post("/api/incidents", content=endless(), headers=KEYED | NDJSON)
    *rows, last = map(orjson.loads, answer.content.splitlines())
    summary = last["summary"]
    assert (summary["complete"], summary["problem"]["status"]) == (False, 413)
    assert summary["read"] == len(rows) == summary["counts"]["new"] > 0
    assert await fetch(database_url, "select count(*) from incident") == [(len(rows),)]


async def test_when_all_writers_are_busy_others_are_told_when_to_come_again(database_url: str) -> None:
    async with asking(database_url, write_keys=KEY, writers=1, queue_wait_s=0.2) as made, open_connection(database_url) as other:
        await emptied(database_url)
        async with other.transaction():
            await other.execute("lock table incident in share mode")
            first = asyncio.create_task(send(made, incident("slow")))
            await until(lambda: holds(database_url, "select 1 from pg_locks where not granted"))
            refused = await send(made, incident("late"))
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert (await first).status_code == 200
        assert (await send(made, incident("late"))).status_code == 200
