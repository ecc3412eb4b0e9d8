"""Who sent a run: the id of the API key and the client's address are recorded, the key itself nowhere."""

import asyncio
import hashlib
import json

import httpx
import pytest
import structlog
from typer.testing import CliRunner

from geo_service.cli.main import app
from geo_service.http.api_keys import key_id
from tests.support.http_client import asking
from tests.support.ingest_client import KEY, KEYED, emptied, fetch, incident, lines, send
from tests.support.open311_reports import THEMES

OTHER_KEY = "another-key-of-them"
FORWARDED = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
SENDERS = "select key_id, client from ingest_run order by id"


def test_the_id_of_a_key_is_the_beginning_of_its_digest() -> None:
    assert key_id(KEY) == hashlib.sha256(KEY.encode()).hexdigest()[:12]
    assert (key_id(""), key_id(KEY) == key_id(OTHER_KEY)) == ("", False)


async def report(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    form = {"service_code": "roads.pothole", "lat": "45.03", "long": "38.97", "api_key": OTHER_KEY}
    return await client.post("/open311/v2/requests.json", data=form, headers=headers)


async def test_each_way_of_sending_records_its_key_and_client(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await emptied(database_url)
    await fetch(database_url, f"{THEMES} on conflict do nothing")
    async with asking(database_url, write_keys=f"{OTHER_KEY},{KEY}") as client:
        await send(client, incident("1"))
        client.headers.update(FORWARDED)
        await send(client, lines([incident("2")]))
        assert (await report(client)).status_code == 201
        await send(client, incident("3", received_at="soon"))
        assert await fetch(database_url, SENDERS) == [
            (key_id(KEY), "127.0.0.1"), (key_id(KEY), "203.0.113.9"), (key_id(OTHER_KEY), "203.0.113.9"), (key_id(KEY), "203.0.113.9"),
        ]  # fmt: skip
        runs = (await client.get("/api/ingest/runs", headers=KEYED)).json()["runs"]
        assert [(run["key_id"], run["client"]) for run in reversed(runs)] == await fetch(database_url, SENDERS)
    whole = str(await fetch(database_url, "select ingest_run::text from ingest_run"))
    assert (KEY in whole, OTHER_KEY in whole) == (False, False)
    monkeypatch.setenv("GEO_DATABASE_URL", database_url)
    shown, listed = [
        (await asyncio.to_thread(CliRunner().invoke, app, ["ingest", "runs", *options], catch_exceptions=False)).stdout
        for options in ([], ["--json"])
    ]
    assert ("from 203.0.113.9" in shown, f"key {key_id(OTHER_KEY)}" in shown) == (True, True)
    assert [(run["key_id"], run["client"]) for run in json.loads(listed)][-1] == (key_id(KEY), "127.0.0.1")


async def test_the_access_log_names_the_key_that_was_sent_valid_or_not(database_url: str) -> None:
    async with asking(database_url, write_keys=KEY) as client:
        with structlog.testing.capture_logs() as lines:
            for key in (KEY, OTHER_KEY):
                await client.get("/api/ingest/runs", headers={"Authorization": f"Bearer {key}", "X-Forwarded-For": "203.0.113.9"})
            await client.get("/api/ingest/runs")
    logged = [tuple(line[name] for name in ("status", "key", "problem", "client")) for line in lines if line["event"] == "request"]
    assert logged == [
        (200, key_id(KEY), "", "203.0.113.9"), (401, key_id(OTHER_KEY), "key-needed", "203.0.113.9"), (401, "", "key-needed", "127.0.0.1"),
    ]  # fmt: skip


async def test_without_keys_the_client_is_recorded_and_an_untrusted_proxy_cannot_name_another(database_url: str) -> None:
    await emptied(database_url)
    async with asking(database_url, write_open=True, trusted_proxies="10.0.0.0/8") as client:
        client.headers.update(FORWARDED)
        await client.post("/api/incidents", json=incident("1"))
    assert await fetch(database_url, SENDERS) == [(None, "127.0.0.1")]
