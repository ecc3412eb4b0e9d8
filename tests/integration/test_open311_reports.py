"""Open311 sent to as FixMyStreet does, over real connections, and read back by an independent client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from geo_service.cli.application import make_application
from geo_service.core.database import open_connection
from geo_service.core.settings import Settings
from tests.support.http_client import filled
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, fetch
from tests.support.open311_reports import THEMES, independent, xml

pytestmark = pytest.mark.asyncio(loop_scope="module")
"""One server for all of them."""

PERSONAL = {"email": "ivan@example.org", "first_name": "Иван", "last_name": "Петров", "phone": "+7 900 000 00 00", "device_id": "d1-77"}
REPORT = {"lat": "45.0355", "long": "38.9747", "service_code": "roads.pothole", "description": "Яма\n\nво дворе", "api_key": KEY}


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    """Two themes."""
    return filled(database_url, lambda held: held.execute(THEMES))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service on a port of its own."""
    given: dict[str, Any] = {"database_url": filled_url, "write_keys": KEY}
    async with serve_application(make_application(Settings(**given))) as made:
        yield made


async def post(client: httpx.AsyncClient, form: dict[str, str], kind: str = "xml", **headers: str) -> httpx.Response:
    return await client.post(f"/open311/v2/requests.{kind}", data=form, headers=headers)


@pytest.mark.parametrize(
    ("lat", "long"),
    [("45,0355", "38,9747"), ("45°02'07.8\"N", "38°58'28.92\"E"), ("45.0355 с.ш.", "38.9747 в.д."), ("38.9747E", "45.0355N")],
)
async def test_coordinates_in_other_spellings_are_read(client: httpx.AsyncClient, lat: str, long: str) -> None:
    answer = await post(client, REPORT | {"lat": lat, "long": long}, "json")
    assert answer.status_code == 201, answer.text
    (stored,) = (await client.get(f"/open311/v2/requests/{answer.json()[0]['service_request_id']}.json")).json()
    assert (stored["lat"], stored["long"]) == (45.0355, 38.9747)


@pytest.mark.parametrize("kind", ["json", "xml"])
async def test_what_is_sent_as_fixmystreet_does_is_read_back_without_who_sent_it(client: httpx.AsyncClient, kind: str) -> None:
    """Arguments as its Open311.pm writes them, and the answer as it reads it."""
    form = REPORT | PERSONAL | {"attribute[fixmystreet_id]": f"77{kind}", "attribute[closest_address]": "", "jurisdiction_id": "x.org"}
    answer = await post(client, form, kind)
    assert answer.status_code == 201, answer.text
    root = xml(answer) if kind == "xml" else None
    number = root.findtext("request/service_request_id") if root is not None else answer.json()[0]["service_request_id"]
    assert answer.headers["location"].endswith(f"/open311/v2/requests/{number}.{kind}")
    one = await asyncio.to_thread(independent(client, kind).get_service_request, number)
    assert (one["service_request_id"], one["status"], one["service_code"]) == (number, "open", "roads.pothole")
    assert (one["description"], float(one["lat"]), float(one["long"])) == ("Яма\n\nво дворе", 45.0355, 38.9747)
    assert not any(value in str(one) for value in PERSONAL.values())
    token = await client.get(f"/open311/v2/tokens/{number}.{kind}")
    assert str(number) in token.text
    assert str(number) in (await post(client, form, kind)).text


async def test_what_is_stored_of_a_report_is_no_person(client: httpx.AsyncClient, filled_url: str) -> None:
    kept = await post(client, REPORT | PERSONAL | {"lat": "north"}, "json")
    assert (kept.status_code, "lat 'north' is no number" in kept.json()[0]["service_notice"]) == (201, True)
    assert (await post(client, REPORT | PERSONAL | {"lat": "north", "description": ""})).status_code == 400
    async with open_connection(filled_url) as held:
        tables = [row[0] for row in await held.fetch("select tablename from pg_tables where schemaname = 'public'")]
        for table in tables:
            whole = await held.fetchval(f"select coalesce(string_agg(one::text, ' '), '') from \"{table}\" as one")
            assert not any(value in whole for value in PERSONAL.values()), table


async def test_an_address_alone_is_stored_at_once_and_a_sector_is_a_service(client: httpx.AsyncClient, filled_url: str) -> None:
    answer = await post(client, {"service_code": "energy", "address_string": "Краснодар, ул. Мира, 1", "api_key": KEY}, "json")
    number = answer.json()[0]["service_request_id"]
    one = (await client.get(f"/open311/v2/requests/{number}.json")).json()[0]
    assert (one["service_code"], one["address"], one["lat"], one["long"]) == ("energy", "Краснодар, ул. Мира, 1", None, None)
    assert await fetch(filled_url, "select count(*) from geocode_queue where incident_id = $1", int(number)) == [(1,)]


async def test_a_retried_report_with_a_key_is_one_request(client: httpx.AsyncClient, filled_url: str) -> None:
    headers = {"Idempotency-Key": "report-1"}
    first, again = [await post(client, REPORT, **headers) for _ in range(2)]
    assert (first.status_code, again.content) == (201, first.content)
    other = await post(client, REPORT | {"description": "другое"}, "json", **headers)
    assert (other.status_code, other.json()[0]["code"]) == (422, 422)
    different = await post(client, REPORT)
    assert different.content != first.content


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        (REPORT | {"api_key": "wrong"}, 403, "key"),
        ({"lat": "45", "long": "39", "api_key": KEY}, 400, "service_code"),
        (REPORT | {"service_code": "no.such"}, 404, "no.such"),
        (REPORT | {"lat": ""}, 400, "address_string"),
        (REPORT | {"lat": "91", "description": ""}, 400, "lat"),
        (REPORT | {"attribute[fixmystreet_id]": "x" * 300}, 400, "characters"),
        (REPORT | {"description": "x" * 1_000_001}, 413, "bytes"),
    ],
)
async def test_errors_of_sending_are_the_standards(client: httpx.AsyncClient, form: dict[str, str], status: int, told: str) -> None:
    marked, plain = await post(client, form), await post(client, form, "json")
    assert (marked.status_code, plain.status_code, marked.headers["content-type"]) == (status, status, "text/xml; charset=utf-8")
    error = xml(marked).find("error")
    assert error is not None
    assert (error.findtext("code"), told in (error.findtext("description") or "")) == (str(status), True)
    assert plain.json() == [{"code": status, "description": error.findtext("description")}]


async def test_letters_that_xml_cannot_hold_are_replaced(client: httpx.AsyncClient) -> None:
    answer = await post(client, REPORT | {"description": "a\x0bb <&> ё\uffff"})
    number = xml(answer).findtext("request/service_request_id")
    root = xml(await client.get(f"/open311/v2/requests/{number}.xml"))
    assert root.findtext("request/description") == "a\ufffdb <&> ё\ufffd"


async def test_a_form_with_photographs_is_taken_and_they_are_passed_over(client: httpx.AsyncClient) -> None:
    form = REPORT | PERSONAL | {"attribute[fixmystreet_id]": "photo1"}
    photographs = [("photo", (f"{at}.jpg", bytes(range(256)) * 8_000, "image/jpeg")) for at in range(3)]
    answer = await client.post("/open311/v2/requests.json", data=form, files=photographs)
    assert answer.status_code == 201, answer.text
    number = answer.json()[0]["service_request_id"]
    (one,) = (await client.get(f"/open311/v2/requests/{number}.json")).json()
    assert (one["description"], one["lat"], one["long"]) == ("Яма\n\nво дворе", 45.0355, 38.9747)
    again = await client.post("/open311/v2/requests.json", data=form, files=photographs)
    assert again.json()[0]["service_request_id"] == number


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        ("multipart/form-data", b"--x--", "without a boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=lat\r\n\r\n45", "the end of the"),
        ("multipart/form-data; boundary=x", b"nothing of the kind", "malformed multipart/form-data"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="lat"\r\n\r\n\xff\r\n--x--\r\n', "not UTF-8"),
    ],
)
async def test_a_broken_form_with_parts_is_refused_in_plain_words(client: httpx.AsyncClient, kind: str, body: bytes, told: str) -> None:
    answer = await client.post("/open311/v2/requests.json", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert told in answer.json()[0]["description"]


async def test_a_form_of_endless_text_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post("/open311/v2/requests.json", data=REPORT | {"description": "х" * 600_000}, files={"photo": ("a.jpg", b"a")})
    assert answer.status_code == 400
    assert "too much text" in answer.json()[0]["description"]


PART = b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nb\r\n'
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


def field(name: str, value: str) -> bytes:
    """A part of a form."""
    return f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


@pytest.mark.parametrize(
    ("headers", "query", "reason"),
    [
        ({"Origin": "https://elsewhere.example", "Authorization": f"Bearer {KEY}"}, "", "origin"),
        ({"Authorization": "Bearer of-bad-tidings-1"}, "", "invalid API key"), ({}, "?api_key=of-bad-tidings-1", "invalid API key"),
    ],
)  # fmt: skip
async def test_who_may_not_send_is_told_before_the_body_is_read(
    client: httpx.AsyncClient, headers: dict[str, str], query: str, reason: str
) -> None:
    """The body never comes: a response that waited for it would come after 30 s, and be another one."""
    url = client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    lines = {"Host": "localhost", "Content-Length": "30000000", **MULTIPART, **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    async with asyncio.timeout(15):
        writer.write(f"POST /open311/v2/requests.json{query} HTTP/1.1\r\n{head}\r\n".encode())
        answer = await reader.readuntil(b"}")
    writer.close()
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert reason.encode() in answer


async def test_where_writing_is_disabled_no_body_is_read(filled_url: str) -> None:
    app = make_application(Settings(database_url=filled_url))
    async with httpx.AsyncClient(transport=_Unread(app), base_url="http://test") as made:
        answer = await made.post("/open311/v2/requests.json", headers=MULTIPART)
    assert (answer.status_code, "writing is disabled" in answer.text) == (403, True)


class _Unread(httpx.AsyncBaseTransport):
    """Passes requests to an application that may not read their bodies."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sent: list[Any] = []
        scope = {
            "type": "http", "method": request.method, "path": request.url.path, "raw_path": request.url.raw_path, "query_string": b"",
            "headers": [(name.lower(), value) for name, value in request.headers.raw], "scheme": "http", "http_version": "1.1",
            "server": ("test", 80), "client": ("test", 1), "asgi": {"version": "3.0"}, "root_path": "",
        }  # fmt: skip

        async def receive() -> Any:
            raise AssertionError("the body was read")

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=sent[1]["body"])


async def test_a_strangers_form_is_parsed_no_further_than_where_its_key_must_be(client: httpx.AsyncClient) -> None:
    """The key stands behind 2 MB of one photograph, and so does the end that is missing: neither is looked at."""
    photograph = b'--x\r\nContent-Disposition: form-data; name="p"; filename="p"\r\n\r\n' + b"p" * 2_000_000 + b"\r\n"
    answer = await client.post("/open311/v2/requests.json", content=photograph + field("api_key", KEY), headers=MULTIPART)
    assert (answer.status_code, "missing API key" in answer.text) == (403, True)
    whole = b"".join(field(name, value) for name, value in REPORT.items()) + photograph + b"--x--\r\n"
    assert (await client.post("/open311/v2/requests.json", content=whole, headers=MULTIPART)).status_code == 201


async def test_a_form_has_a_thousand_parts_at_most(client: httpx.AsyncClient) -> None:
    own = b"".join(field(name, value) for name, value in REPORT.items())
    most = 1000 - len(REPORT)
    accepted = await client.post("/open311/v2/requests.json", content=own + PART * most + b"--x--\r\n", headers=MULTIPART)
    assert accepted.status_code == 201
    refused = await client.post("/open311/v2/requests.json", content=own + PART * (most + 1) + b"--x--\r\n", headers=MULTIPART)
    assert (refused.status_code, "too many parts" in refused.text) == (400, True)
