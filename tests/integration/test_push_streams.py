"""Streams of incidents: answered while they come, held back instead of heaped up, and carried on after a failure."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest
from fastapi import FastAPI

from geo_service.cli.application import make_application
from geo_service.core.calendar.deadlines import read_deadlines
from geo_service.core.errors import Overloaded, PartialFailure
from geo_service.core.ingest_protocol import BatchResult, IngestRequest
from geo_service.core.settings import Settings
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.push.batching import MOST
from ingest.push.new_entries import NewEntryLimits
from ingest.push.service import PushService
from ingest.push.writer_pool import WriterPool, WriterSettings
from tests.support.http_client import until
from tests.support.http_server import serve_application
from tests.support.ingest_client import KEY, KEYED, NDJSON, emptied, fetch, holds, incident, lines

STREAM = IngestRequest("POST /api/incidents", "api", "api", lines=True)
ROWS = 20_000
TEXT = "нет воды " * 110
LIMITS = NewEntryLimits(1000, 2000)


@pytest.fixture
async def desk(database_url: str) -> AsyncIterator[PushService]:
    """A desk with one writer, over an empty database."""
    await emptied(database_url)
    settings = Settings()
    writers = WriterSettings(database_url, 1, 1.0, 10_000, 1000.0, GeocodingConfiguration(), LIMITS)
    made = PushService(writers, read_deadlines(None, settings.zone))
    yield made
    await made.close()


async def test_twenty_thousand_long_rows_are_read_no_faster_than_they_are_written(desk: PushService, database_url: str) -> None:
    """40 MB in all; a sender is never further ahead of the database than a batch and what a connection brings at once."""
    sent = answered = furthest = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent, furthest
        for begin in range(0, ROWS, 25):
            yield lines(incident(str(number), theme="Вода", text=TEXT) for number in range(begin, begin + 25))
            sent += 25
            furthest = max(furthest, sent - answered)

    tracemalloc.start()
    async for piece in desk.ingest(STREAM, body()):
        if isinstance(piece, BatchResult):
            answered += piece.lines.count(b"\n")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert await fetch(database_url, "select count(*) from incident") == [(ROWS,)]
    assert (answered, furthest <= MOST + 50) == (ROWS, True)
    assert peak < 20_000_000


async def test_a_lost_connection_keeps_the_batches_before_it(desk: PushService, database_url: str) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield lines(incident(str(number)) for number in range(MOST))
        await until(lambda: holds(database_url, "select 1 from incident"))
        await fetch(
            database_url,
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
        )
        yield lines(incident(str(number)) for number in range(MOST, 2 * MOST))

    answered = 0
    with pytest.raises(PartialFailure) as told:
        async for piece in desk.ingest(STREAM, body()):
            answered += piece.lines.count(b"\n") if isinstance(piece, BatchResult) else 0
    assert (told.value.status, told.value.members()["read"], answered) == (503, MOST, MOST)
    assert await fetch(database_url, "select count(*) from incident") == [(MOST,)]
    async for _ in desk.ingest(STREAM, whole(lines(incident(str(number)) for number in range(2 * MOST)))):
        pass
    runs = await fetch(database_url, "select state, new, unchanged from ingest_run order by id")
    assert runs == [("interrupted", MOST, 0), ("finished", MOST, MOST)]


async def whole(body: bytes) -> AsyncIterator[bytes]:
    """In one part."""
    yield body


async def test_a_line_is_answered_while_the_next_one_is_not_yet_sent(database_url: str) -> None:
    """Over a bare connection, because clients send the whole body before they read."""
    await emptied(database_url)
    async with serve_application(keyed_app(database_url)) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(str(client.base_url)).port)
        head = f"POST /api/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/x-ndjson\r\n"
        writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        told = []
        for name in ("first", "second"):
            line = lines([incident(name)])
            writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            told.append(await answered_line(reader))
        writer.write(b"0\r\n\r\n")
        told.append(await answered_line(reader))
        writer.close()
    assert [row.get("id") for row in told] == ["first", "second", None]
    assert told[2]["summary"]["counts"]["new"] == 2


async def test_a_sender_that_goes_away_leaves_what_it_has_sent(database_url: str) -> None:
    await emptied(database_url)
    async with serve_application(keyed_app(database_url)) as client:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(str(client.base_url)).port)
        head = f"POST /api/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/x-ndjson\r\n"
        line = lines([incident("left")])
        writer.write(f"{head}Content-Length: 100000\r\n\r\n".encode() + line)
        assert (await answered_line(reader))["outcome"] == "new"
        writer.close()
        await until(lambda: holds(database_url, "select 1 from ingest_run where state <> 'running'"))
    assert await fetch(database_url, "select state, new from ingest_run") == [("interrupted", 1)]


def keyed_app(url: str) -> FastAPI:
    """The application with the tests' key."""
    given: dict[str, Any] = {"database_url": url, "write_keys": KEY}
    return make_application(Settings(**given))


async def answered_line(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next line of the answer that is JSON."""
    async with asyncio.timeout(30):
        while not (line := await reader.readline()).startswith(b"{"):
            assert line
    found: dict[str, Any] = orjson.loads(line)
    return found


async def open_stream(port: int, name: str, key: str = "") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection over which one incident was stored, and that has begun to send another one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /api/incidents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/x-ndjson\r\n"
    writer.write(f"{head}{f'Idempotency-Key: {key}{chr(13)}{chr(10)}' if key else ''}Transfer-Encoding: chunked\r\n\r\n".encode())
    send_chunk(writer, lines([incident(name)]))
    assert (await answered_line(reader))["outcome"] == "new"
    return reader, writer


def send_chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


@pytest.mark.parametrize("writers", [1, 2])
async def test_ten_senders_that_hold_streams_open_lock_nobody_out(database_url: str, writers: int) -> None:
    await emptied(database_url)
    given: dict[str, Any] = {"database_url": database_url, "write_keys": KEY, "writers": writers, "pool_size": 1, "queue_wait_s": 20}
    async with serve_application(make_application(Settings(**given))) as client:
        port = urlsplit(str(client.base_url)).port or 0
        streams = [await open_stream(port, f"slow-{number}", f"key-{number}" if number % 2 else "") for number in range(10)]
        second = [lines([incident(f"late-{number}")]) for number in range(10)]
        form = {"service_code": "roads", "lat": "45.03", "long": "38.97"}
        keyed = KEYED | {"Idempotency-Key": "single"}
        for byte in range(5):
            for (_, writer), line in zip(streams, second, strict=True):
                send_chunk(writer, line[byte : byte + 1])
            headers = keyed if byte == 2 else KEYED
            assert (await client.post("/api/incidents", json=incident(f"single-{byte}"), headers=headers)).status_code == 200
            assert (await client.post("/api/incidents", json=[incident(f"list-{byte}")], headers=KEYED)).status_code == 200
            assert (await client.post("/open311/v2/requests.json", data=form, headers=KEYED)).status_code == 201
            assert (await client.get("/open311/v2/requests.json")).status_code == 200
        assert (await client.post("/api/incidents", json=incident("slow"), headers=KEYED | {"Idempotency-Key": "key-1"})).status_code == 409
        connections = await fetch(
            database_url, "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'geo-service'"
        )
        # The writers, the one with the locks, the follower, the one for alerts, that of requests, and the one that asks.
        assert connections[0][0] <= writers + 5
        assert await fetch(database_url, "select count(*) from ingest_run where state = 'running'") == [(10,)]
        for (_, writer), line in zip(streams, second, strict=True):
            send_chunk(writer, line[5:])
            writer.write(b"0\r\n\r\n")
        for number, (reader, writer) in enumerate(streams):
            assert (await answered_line(reader))["id"] == f"late-{number}"
            assert (await answered_line(reader))["summary"]["counts"]["new"] == 2
            writer.close()
        again = await client.post(
            "/api/incidents", content=lines([incident("slow-1"), incident("late-1")]), headers=KEYED | NDJSON | {"Idempotency-Key": "key-1"}
        )
        assert (again.status_code, again.headers["idempotency-replayed"]) == (200, "true")
    assert await fetch(database_url, "select count(*) from incident where external_id ~ '^(slow|late)-'") == [(20,)]
    assert await fetch(database_url, "select distinct state from ingest_run") == [("finished",)]


async def test_streams_leave_a_writer_to_single_requests_and_wait_for_each_other(database_url: str) -> None:
    await emptied(database_url)
    settings = WriterSettings(database_url, 2, 0.1, 10_000, 1000.0, GeocodingConfiguration(), LIMITS)
    desk = PushService(settings, read_deadlines(None, Settings().zone))
    async with desk._writers.leases(is_bulk=True)():
        with pytest.raises(Overloaded):
            _ = [piece async for piece in desk.ingest(STREAM, whole(lines([incident("stream")])))]
        single = IngestRequest("POST /api/incidents", "api", "api")
        results = [piece async for piece in desk.ingest(single, whole(orjson.dumps(incident("single"))))]
        assert len(results) == 2
    await desk.close()
    assert await fetch(database_url, "select external_id from incident") == [("single",)]


async def test_a_writer_that_nobody_gets_in_time_is_not_lost(database_url: str) -> None:
    pool = WriterPool(WriterSettings(database_url, 1, 0.05, 10_000, 1000.0, GeocodingConfiguration(), LIMITS))
    for _ in range(3):
        async with pool.leases(is_bulk=False)():
            for is_bulk in (True, False):
                with pytest.raises(Overloaded):
                    async with pool.leases(is_bulk=is_bulk)():
                        raise AssertionError("two have the same writer")
    await pool.close()
