"""Statuses and comments between this service and FixMyStreet, by the bytes that FixMyStreet sends and its way of reading."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.model import Status
from geo_service.core.settings import Settings
from ingest.jobs.retention import EraseRequest, erase_personal_data
from tests.support.fixmystreet import COMMENT, FORM, HOURS, REPORT, Problems, updates_query, w3cdtf
from tests.support.http_client import filled
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, KEYED, fetch, incident, send
from tests.support.open311_reports import THEMES, xml

pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One server for all of them."""

DISTRICT = (
    "insert into district (code, level, name_ru, name_en, area)"
    " values ('d', 2, 'Район', 'District', st_multi(st_makeenvelope(38, 44, 40, 46, 4326)))"
)


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """Two themes and a district."""
    return filled(database_url, lambda held: held.execute(f"{THEMES};{DISTRICT}"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service on a port of its own."""
    given: dict[str, Any] = {"database_url": filled_url, "write_keys": KEY}
    async with serve_application(make_application(Settings(**given))) as made:
        yield made


async def report(client: httpx.AsyncClient, problem: str, lat: float = 45.03, lng: float = 38.97) -> str:
    """Send a report as FixMyStreet does; its id here."""
    body = REPORT.format(problem=problem, key=KEY, lat=lat, lng=lng)
    answer = await client.post("/open311/v2/requests.xml", content=body, headers=FORM)
    assert answer.status_code == 201, answer.text
    return str(xml(answer).findtext("request/service_request_id"))


async def comment(client: httpx.AsyncClient, request_id: str, update_id: str, status: str, at: datetime | None = None) -> httpx.Response:
    """Send an update as FixMyStreet does."""
    body = COMMENT.format(request_id=request_id, update_id=update_id, status=status, at=w3cdtf(at or datetime.now(UTC)), key=KEY)
    return await client.post("/open311/v2/servicerequestupdates.xml", content=body, headers=FORM)


async def set_status(client: httpx.AsyncClient, problem: str, status: str, **change: str) -> None:
    """Change a status as the desk's own system does: by sending the incident again, without saying when it changed."""
    received = datetime.now(UTC) - timedelta(days=1)
    row = incident(f"fixmystreet_id-{problem}", received_at=received.isoformat(), theme="roads.pothole", status=status, **change)
    answer = await send(client, row | {"updated_at": datetime.now(UTC).isoformat()}, source="open311")
    assert answer.json()["counts"]["changed"] == 1, answer.text


async def until_second_ends() -> datetime:
    """Wait until what was recorded so far is no later than now."""
    now = datetime.now(UTC)
    await asyncio.sleep(1.05 - now.microsecond / 1e6)
    return datetime.now(UTC)


async def test_fixmystreet_learns_every_status_once_however_often_it_asks(client: httpx.AsyncClient) -> None:
    number = await report(client, "101")
    problems = Problems({number: "confirmed"})
    seen = []
    for status in ("assigned", "in_work", "answered", "returned", "closed", "rejected"):
        await set_status(client, "101", status)
        now = await until_second_ends()
        asked = updates_query(now - HOURS, now, KEY)
        for new in (1, 0):
            answer = await client.get("/open311/v2/servicerequestupdates.xml", params=asked)
            assert (answer.status_code, xml(answer).tag) == (200, "service_request_updates")
            assert problems.process(answer.content, asked) == new
        seen.append(problems.states[number])
    assert seen == ["investigating", "in progress", "in progress", "confirmed", "fixed - council", "unable to fix"]
    assert [text for _, text in problems.comments.values()] == [
        "Назначен ответственный", "В работе", "Дан ответ", "Возвращено на доработку", "Закрыто", "Отклонено",
    ]  # fmt: skip


async def test_adjacent_intervals_have_every_change_once_in_the_order_of_their_instants(client: httpx.AsyncClient, filled_url: str) -> None:
    number = await report(client, "102")
    begin = (datetime.now(UTC) - timedelta(seconds=1)).replace(microsecond=0)
    ids: list[str] = []
    start = begin
    for status in ("assigned", "in_work", "interim"):
        await set_status(client, "102", status)
        end = await until_second_ends()
        asked = {"start_date": w3cdtf(start), "end_date": w3cdtf(end), "service_request_id": number}
        found = (await client.get("/open311/v2/servicerequestupdates.json", params=asked)).json()
        ids += [one["update_id"] for one in found]
        start = end.replace(microsecond=0) + timedelta(seconds=1)
    stored = await fetch(filled_url, "select id::text from status_change where incident_id = $1 order by id", int(number))
    assert ids == [row[0] for row in stored]
    assert len(ids) == 3
    asked = {"start_date": w3cdtf(begin), "service_request_id": number}
    whole = (await client.get("/open311/v2/servicerequestupdates.json", params=asked)).json()
    assert [(one["update_id"], one["external_status_code"]) for one in whole] == list(
        zip(ids, ("assigned", "in_work", "interim"), strict=True)
    )
    paged: list[str] = []
    url: str | None = "/open311/v2/servicerequestupdates.json?page_size=2&service_request_id=" + number
    while url:
        answer = await client.get(url)
        paged += [one["update_id"] for one in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert paged == ids


async def test_a_change_that_is_not_committed_yet_is_waited_for(client: httpx.AsyncClient, filled_url: str) -> None:
    number = int(await report(client, "103"))
    async with open_connection(filled_url) as held:
        transaction = held.transaction()
        await transaction.start()
        await held.execute("update incident set status = 1 where id = $1", number)
        await held.execute("select pg_advisory_xact_lock($1::bigint)", 0x67656F + 2)
        await held.execute(
            "insert into status_change (incident_id, previous_status, status, changed_at) values ($1, 0, 1, date_trunc('second', now()))",
            number,
        )
        asking = asyncio.create_task(client.get(f"/open311/v2/servicerequestupdates.json?service_request_id={number}"))
        while not await held.fetchval("select count(*) from pg_locks where locktype = 'advisory' and not granted"):
            assert not asking.done()
        await transaction.commit()
    assert [one["status"] for one in (await asking).json()] == ["INVESTIGATING"]


@pytest.mark.parametrize("kind", ["xml", "json"])
async def test_a_sent_update_is_stored_once_without_its_sender_and_its_text_is_for_operators(
    client: httpx.AsyncClient, filled_url: str, kind: str
) -> None:
    number = await report(client, f"104{kind}")
    body = COMMENT.format(request_id=number, update_id="88", status="FIXED", at=w3cdtf(datetime.now(UTC)), key=KEY)
    answers = [await client.post(f"/open311/v2/servicerequestupdates.{kind}", content=body, headers=FORM) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    update_id = xml(answers[0]).findtext("request_update/update_id") if kind == "xml" else answers[0].json()[0]["update_id"]
    one = (await client.get(f"/open311/v2/requests/{number}.json")).json()[0]
    assert (one["status"], one["status_notes"]) == ("closed", "closed")
    await until_second_ends()
    path = f"/open311/v2/servicerequestupdates.json?service_request_id={number}"
    public, operator = (await client.get(path)).json(), (await client.get(path, headers=KEYED)).json()
    assert [(one["update_id"], one["status"], one["description"], one["media_url"]) for one in public] == [
        (update_id, "CLOSED", "Закрыто", None)
    ]
    assert [(one["description"], one["media_url"]) for one in operator] == [("Всё ещё яма", "https://fms.example/1.jpg")]
    async with open_connection(filled_url) as held:
        for table in ("status_change", "incident", "incident_media"):
            whole = await held.fetchval(f"select coalesce(string_agg(one::text, ' '), '') from {table} as one")
            assert not any(word in whole for word in ("Петров", "ivan@example.org", "79000000000"))


async def test_a_comment_repeats_a_status_and_undoes_no_other(client: httpx.AsyncClient) -> None:
    number = await report(client, "105")

    async def status_after(update_id: str, sent: str, at: datetime | None = None) -> str:
        assert (await comment(client, number, update_id, sent, at)).status_code == 201
        return str((await client.get(f"/open311/v2/requests/{number}.json")).json()[0]["status_notes"])

    assert await status_after("1", "OPEN") == "new"
    assert await status_after("2", "IN_PROGRESS") == "in_work"
    assert await status_after("3", "INVESTIGATING") == "in_work"
    await set_status(client, "105", "closed")
    assert await status_after("4", "IN_PROGRESS") == "closed"
    assert await status_after("5", "OPEN") == "closed"
    assert await status_after("6", "REOPEN") == "returned"
    assert await status_after("7", "closed") == "returned"
    assert len((await client.get(f"/open311/v2/servicerequestupdates.json?service_request_id={number}")).json()) <= 3


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"status": "lost"}, 400, "status: 'lost' is unknown; allowed: OPEN, REOPEN"), ({"status": ""}, 400, "status: is missing"),
        ({"request_id": ""}, 400, "service_request_id: is missing"), ({"request_id": "999999999"}, 404, "was not found"),
        ({"request_id": "x"}, 404, "'x' was not found"), ({"at": "soon"}, 400, "updated_datetime: 'soon' is not an instant"),
        ({"key": "wrong"}, 403, "invalid API key"), ({"key": ""}, 403, "missing API key"),
        ({"update_id": "9" * 300}, 400, "update_id: is too long"),
    ],
)  # fmt: skip
async def test_errors_of_updates_are_read_by_fixmystreet(client: httpx.AsyncClient, change: dict[str, str], status: int, told: str) -> None:
    given = {"request_id": "1", "update_id": "9", "status": "OPEN", "at": w3cdtf(datetime.now(UTC)), "key": KEY} | change
    answer = await client.post("/open311/v2/servicerequestupdates.xml", content=COMMENT.format(**given), headers=FORM)
    assert answer.status_code == status, answer.text
    assert (xml(answer).findtext("error/code"), told in str(xml(answer).findtext("error/description"))) == (str(status), True)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"start_date": "soon"}, "start_date"), ({"start_date": "2026-01-01", "end_date": "2026-06-01"}, "90 days"),
        ({"page_size": "0"}, "page_size"), ({"after": "x"}, "after: invalid cursor"), ({"pages": "1"}, "pages"),
    ],
)  # fmt: skip
async def test_filters_of_updates_that_cannot_be_used_are_named(client: httpx.AsyncClient, params: dict[str, str], told: str) -> None:
    answer = await client.get("/open311/v2/servicerequestupdates.json", params=params)
    assert (answer.status_code, answer.json()[0]["code"], told in answer.json()[0]["description"]) == (400, 400, True)


async def test_photographs_are_shown_to_operators_only_and_erased_with_the_text(client: httpx.AsyncClient, filled_url: str) -> None:
    number = await report(client, "106")
    assert (await comment(client, number, "1", "OPEN")).status_code == 201
    for path in (f"/open311/v2/requests/{number}.json", f"/open311/v2/requests.json?service_request_id={number}"):
        public, operator = await client.get(path), await client.get(path, headers=KEYED)
        assert public.json()[0]["media_url"] is None
        assert operator.json()[0]["media_url"] == "https://fms.example/photo/106.0.full.jpeg"
        assert operator.headers["Cache-Control"] == "no-store"
        assert (await client.get(path, headers={"Authorization": "Bearer of-bad-tidings-1"})).json()[0]["media_url"] is None
    await erase_personal_data(filled_url, EraseRequest(datetime.now(UTC) + timedelta(minutes=1), frozenset({"text"})), lambda _: None)
    await fetch(filled_url, "delete from retention returning 1")
    assert await fetch(filled_url, "select count(*) from incident_media") == [(0,)]
    assert await fetch(filled_url, "select count(*) from status_change where message <> '' or media_urls <> '{}'") == [(0,)]


async def test_a_place_outside_every_district_is_told_and_so_is_a_photograph_that_is_no_address(client: httpx.AsyncClient) -> None:
    async def notice(lat: float, media: str) -> str | None:
        form = {
            "service_code": "roads.pothole",
            "lat": f"{lat}",
            "long": "39.0123",
            "description": "Яма",
            "api_key": KEY,
            "media_url": media,
        }
        answer = await client.post("/open311/v2/requests.json", data=form)
        assert answer.status_code == 201
        return answer.json()[0]["service_notice"]  # type: ignore[no-any-return]  # JSON

    outside = "the place is outside of every district of this service"
    assert (await notice(45.0301, ""), await notice(59.9011, "")) == (None, outside)
    refused = await notice(59.9011, "data:image/png;base64,AAAA")
    assert refused == f"{outside}; media_url: 1 left out; allowed: at most 20 addresses that begin with http:// or https://"


@pytest.mark.parametrize(
    ("method", "path", "accept", "status", "kind"),
    [
        ("GET", "/open311/v2/nothing.json", "*/*", 404, "json"), ("GET", "/open311/v2/nothing.xml", "*/*", 404, "xml"),
        ("GET", "/open311/v2/nothing", "application/json", 404, "json"), ("GET", "/open311/v2/nothing", "*/*", 404, "xml"),
        ("GET", "/open311/v2/services.yaml", "*/*", 404, "xml"), ("GET", "/open311/v3/services.json", "*/*", 404, "json"),
        ("PUT", "/open311/v2/requests.json", "*/*", 405, "json"), ("DELETE", "/open311/v2/servicerequestupdates.xml", "*/*", 405, "xml"),
        ("POST", "/open311/v2/services.json", "*/*", 405, "json"), ("POST", "/open311/v2/servicerequestupdates.json", "*/*", 415, "json"),
        ("GET", "/open311/v2/requests.xml?page=2&after=1-1", "*/*", 400, "xml"),
    ],
)  # fmt: skip
async def test_every_error_below_open311_is_the_standards(
    client: httpx.AsyncClient, method: str, path: str, accept: str, status: int, kind: str
) -> None:
    headers = {"Accept": accept, "Content-Type": "text/plain"} | (KEYED if method == "POST" else {})
    answer = await client.request(method, path, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        {"json": "application/json", "xml": "text/xml"}[kind] + "; charset=utf-8",
    )
    code = answer.json()[0]["code"] if kind == "json" else int(str(xml(answer).findtext("error/code")))
    assert code == status
    if status == 405:
        assert "GET" in answer.headers["allow"]


async def test_elsewhere_errors_stay_problem_documents(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/nothing.json")).headers["content-type"].startswith("application/problem+json")


async def test_deleting_an_incident_deletes_what_was_sent_about_it(client: httpx.AsyncClient, filled_url: str) -> None:
    number = int(await report(client, "107"))
    await comment(client, str(number), "1", "IN_PROGRESS")
    await fetch(filled_url, "delete from incident where id = $1 returning id", number)
    for table in ("status_change", "incident_media"):
        assert await fetch(filled_url, f"select count(*) from {table} where incident_id = $1", number) == [(0,)]


async def test_a_status_is_recorded_by_a_load_only_where_it_has_changed(client: httpx.AsyncClient, filled_url: str) -> None:
    base = {"theme": "roads.pothole", "text": "Яма"}
    await send(client, [incident(f"load-{number}", **base) for number in range(4)], source="portal")
    changed = [
        incident(f"load-{number}", **base, status=("in_work" if number % 2 else "new"), address="ул. Мира, 1") for number in range(4)
    ]
    for _ in range(2):
        await send(client, changed, source="portal")
    rows = await fetch(
        filled_url,
        "select external_id, previous_status, status_change.status from status_change inner join incident on incident.id = incident_id"
        " where external_id like 'load-%' order by 1",
    )
    assert rows == [("load-1", Status.NEW, Status.IN_WORK), ("load-3", Status.NEW, Status.IN_WORK)]
