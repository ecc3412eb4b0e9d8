"""One incident's number in its source, the link to it, and the citizen's words: for whom, and for whom never."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest

from geo_service.core.database import open_connection
from geo_service.http.api_keys import key_id
from tests.support.http_client import asking, filled
from tests.support.statistics_oracle import fill

TEXT_KEY, WRITE_KEY, BOTH = "text-key-0123456789", "write-key-0123456789", "both-key-0123456789"
WORDS, ADDRESS = "Нет воды третий день, Иванова", "Вознесенская, ул. Мира, 7"
LINKS = {"desk": "https://desk.example.org/case?n={external_id}"}
SETTINGS: dict[str, Any] = {"text_keys": f"{TEXT_KEY},{BOTH}", "write_keys": f"{WRITE_KEY},{BOTH}", "source_links": LINKS}


async def fill_with_words(held: asyncpg.Connection) -> None:
    """Of the second, the words are erased; the third has no place."""
    await fill(held)
    await held.execute("update incident set message = $1, address = $2, external_id = 'А/' || id where id <> 2", WORDS, ADDRESS)
    await held.execute("update incident set source_id = 1 + (id % 2)::int where id in (1, 2)")
    await held.execute("update incident set location = null, cell = null where id = 3")


@pytest.fixture(scope="module")
def filled_url(database_url: str) -> str:
    return filled(database_url, fill_with_words)


@pytest.fixture(scope="module")
async def client(filled_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(filled_url, **SETTINGS) as made:
        yield made


async def ask(client: httpx.AsyncClient, path: str, key: str = "") -> httpx.Response:
    return await client.get(path, headers={"Authorization": f"Bearer {key}"} if key else {})


async def test_everybody_reads_the_number_in_the_source_and_the_link_but_no_words(client: httpx.AsyncClient, filled_url: str) -> None:
    async with open_connection(filled_url) as connection:
        rows = await connection.fetch(
            "select incident.id, external_id, code from incident join source on source.id = source_id where incident.id < 4"
        )
    for row in rows:
        incident = (await ask(client, f"/api/incidents/{row['id']}")).json()["incident"]
        assert incident["external_id"] == row["external_id"]
        linked = f"https://desk.example.org/case?n={row['external_id'].replace('А/', '%D0%90%2F')}"
        assert incident["source_url"] == (linked if row["code"] == "desk" else None)
        assert {"text", "address"}.isdisjoint(incident)


@pytest.mark.parametrize("key", [TEXT_KEY, BOTH])
async def test_a_key_that_may_read_texts_shows_them_and_they_are_stored_nowhere(client: httpx.AsyncClient, key: str) -> None:
    answer = await ask(client, "/api/incidents/1", key)
    assert (answer.json()["incident"]["text"], answer.json()["incident"]["address"]) == (WORDS, ADDRESS)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Authorization" in answer.headers["Vary"]
    erased = (await ask(client, "/api/incidents/2", key)).json()["incident"]
    assert (erased["text"], erased["address"]) == (None, None)
    unlocated = (await ask(client, "/api/incidents/3", key)).json()["incident"]
    assert (unlocated["lng"], unlocated["text"]) == (None, WORDS)
    table = await client.get("/api/incidents/1", params={"format": "csv"}, headers={"Authorization": f"Bearer {key}"})
    assert WORDS in table.text
    assert table.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("key", ["", WRITE_KEY, "another-key-0123456789", TEXT_KEY.upper(), TEXT_KEY[:-1]])
async def test_no_other_key_shows_them_in_any_answer(client: httpx.AsyncClient, key: str) -> None:
    for path in ("/api/incidents/1", "/api/incidents?from=2024-01-01&to=2027-01-01", "/api/search?q=А/1", "/api/incidents/1?format=csv"):
        answer = await ask(client, path, key)
        assert answer.status_code == 200, answer.text
        assert "Иванова" not in answer.text
        assert "Мира" not in answer.text
    assert "Authorization" in (await ask(client, "/api/incidents/1", key)).headers["Vary"]


async def test_an_answer_with_words_is_never_confirmed_to_who_may_not_read_them(client: httpx.AsyncClient) -> None:
    with_words = await ask(client, "/api/incidents/1", TEXT_KEY)
    again = await client.get("/api/incidents/1", headers={"If-None-Match": with_words.headers["ETag"]})
    assert again.status_code == 200
    assert "Иванова" not in again.text


async def test_the_list_shows_no_words_to_any_key(client: httpx.AsyncClient) -> None:
    assert "Иванова" not in (await ask(client, "/api/incidents?from=2024-01-01&to=2027-01-01", TEXT_KEY)).text


async def test_a_key_is_told_what_it_allows(client: httpx.AsyncClient) -> None:
    known = ["read:text", "write:incidents"]
    for key, scopes in ((TEXT_KEY, ["read:text"]), (WRITE_KEY, ["write:incidents"]), (BOTH, known)):
        answer = await ask(client, "/api/access", key)
        assert answer.json() == {"key_id": key_id(key), "scopes": scopes, "scopes_of_keys": known}
        assert answer.headers["Cache-Control"] == "no-store"
    assert (await ask(client, "/api/access")).json() == {"key_id": None, "scopes": [], "scopes_of_keys": known}
    refused = await ask(client, "/api/access", "another-key-0123456789")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await ask(client, "/api/access?key=1")).status_code == 400


async def test_where_nobody_may_read_words_and_everybody_may_write_no_key_is_needed(filled_url: str) -> None:
    async with asking(filled_url, write_open=True) as client:
        assert (await ask(client, "/api/access")).json() == {"key_id": None, "scopes": ["write:incidents"], "scopes_of_keys": []}
        incident = (await ask(client, "/api/incidents/1", TEXT_KEY)).json()["incident"]
        assert (incident["source_url"], "text" in incident) == (None, False)


async def test_a_page_of_the_service_itself_may_give_verdicts_and_no_other_page(filled_url: str) -> None:
    verdict = {"value": "real"}
    headers = {"Authorization": f"Bearer {WRITE_KEY}"}
    async with asking(filled_url, **SETTINGS) as client:
        for host, origin, status in (
            ("localhost:8000", "http://localhost:8000", 404),
            ("127.0.0.1", "http://127.0.0.1", 404),
            ("localhost:8000", "http://localhost:8001", 403),
            # A page of another name that leads to this machine: its Host header is its own.
            ("evil.example", "http://evil.example", 403),
            ("localhost:8000", "http://evil.example", 403),
            ("localhost:8000", "null", 403),
        ):
            answer = await client.post("/api/alerts/999/verdict", json=verdict, headers={**headers, "Host": host, "Origin": origin})
            assert answer.status_code == status, (host, origin, answer.text)
    async with asking(filled_url, **SETTINGS, allowed_hosts="*") as client:
        answer = await client.post(
            "/api/alerts/999/verdict", json=verdict, headers={**headers, "Host": "evil.example", "Origin": "http://evil.example"}
        )
        assert answer.status_code == 403
