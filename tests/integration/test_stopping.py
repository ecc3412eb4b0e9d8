"""The service is stopped while clients read and send: what they are told, and what is left in the list of runs."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import orjson
import pytest

from geo_service.server.middleware.shutdown import BODY_GRACE_S
from tests.support.hammering import ANSWERED, BROKEN, LAST, LOST, RACED, hammer
from tests.support.http_client import until
from tests.support.ingest_client import KEY, emptied, fetch, holds, incident, lines
from tests.support.paths import CHECKOUT
from tests.support.serve_process import PATIENCE_S, serving, wait_until_ready

CLIENTS = 12
ROUNDS = 4
SMALL = ("/", "/?bytes=200000", "/?after=0.02", "/?after=0.3&bytes=10")
REAL = ("/healthz", "/tiles/hexes/8/153/91.mvt", "/openapi.json", "/readyz", "/api/timeline", "/api/summary", "/api/incidents")
UNDER_LOAD_S = 0.3


@contextmanager
def small_server(**variables: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The service's HTTP server around an application that starts at once; its process and port."""
    command = [sys.executable, "-m", "tests.support.small_server"]
    environment = os.environ | {"GEO_PORT": "0", "PYTHONPATH": str(CHECKOUT)} | variables
    process = subprocess.Popen(command, env=environment, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield process, int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.kill()
        process.communicate()


async def stop_under_load(process: "subprocess.Popen[str]", port: int, paths: tuple[str, ...], number: signal.Signals) -> dict[str, int]:
    """Send the signal while the clients ask; how their requests ended."""
    asking = asyncio.create_task(hammer(port, paths, CLIENTS))
    await asyncio.sleep(UNDER_LOAD_S)
    process.send_signal(number)
    return await asking


def ended_cleanly(process: "subprocess.Popen[str]", said: str) -> bool:
    """Whether it ended by the signal, and said nothing of errors."""
    return process.wait(PATIENCE_S) in (0, -signal.SIGTERM, 128 + signal.SIGTERM) and "Traceback" not in said and "rror" not in said


async def test_clients_of_a_server_that_is_stopped_get_every_answer_that_was_begun() -> None:
    """A request that crosses with the close of its connection is counted apart: HTTP cannot rule it out, and it is rare."""
    raced = answered = 0
    for turn in range(ROUNDS):
        with small_server() as (process, port):
            outcomes = await stop_under_load(process, port, SMALL, signal.SIGINT if turn % 2 else signal.SIGTERM)
            assert (outcomes[BROKEN], outcomes[LOST]) == (0, 0), outcomes
            said = process.communicate(timeout=PATIENCE_S)[1]
            assert ended_cleanly(process, said), said
        raced, answered = raced + outcomes[RACED], answered + outcomes[ANSWERED]
        assert outcomes[LAST] + outcomes[RACED] >= CLIENTS
    assert answered > ROUNDS * CLIENTS
    assert raced <= ROUNDS, f"{raced} requests met the close of their connection"


@contextmanager
def collected(stream: IO[str] | None) -> Iterator[list[str]]:
    """The lines of a stream, which a thread reads so that its writer never waits; all of them once the block has ended."""
    found: list[str] = []
    assert stream
    thread = threading.Thread(target=lambda: found.extend(stream))
    thread.start()
    try:
        yield found
    finally:
        thread.join(PATIENCE_S)


def test_a_connection_that_the_server_had_not_accepted_yet_is_answered() -> None:
    with small_server() as (process, port):
        # Stopped by the kernel: connections are made all the same, and wait.
        process.send_signal(signal.SIGSTOP)
        waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(CLIENTS)]
        for connection in waiting:
            connection.sendall(b"GET /?bytes=3 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        for connection in waiting:
            answer = read_all(connection)
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(b"\r\n\r\nxxx")
        assert ended_cleanly(process, process.communicate(timeout=PATIENCE_S)[1])


def read_all(connection: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    connection.settimeout(PATIENCE_S)
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    connection.close()
    return b"".join(parts)


def test_a_response_that_takes_too_long_becomes_a_503_that_says_why() -> None:
    with small_server(GRACE_S="1") as (process, port):
        with socket.create_connection(("127.0.0.1", port)) as slow, socket.create_connection(("127.0.0.1", port)) as body:
            slow.sendall(b"GET /?after=3600 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            body.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nbegun")
            wait_until_received(port)
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            head, _, document = read_all(slow).partition(b"\r\n\r\n")
            assert read_all(body).startswith(b"HTTP/1.1 503 ")
        said = process.communicate(timeout=PATIENCE_S)[1]
        assert time.monotonic() - began >= 1
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: " in head
    assert b"\r\nconnection: close" in head
    assert (json.loads(document)["type"], json.loads(document)["status"]) == ("/problems/stopping", 503)
    assert "Traceback" not in said


def wait_until_received(port: int) -> None:
    """Until the server has read what came before this request: it takes connections in order."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        read_all(connection)


def test_a_second_signal_ends_a_server_that_waits() -> None:
    with small_server() as (process, port), socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(b"GET /?after=3600 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until_received(port)
        process.send_signal(signal.SIGINT)
        wait_until_refused(port)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 0
    assert "Traceback" not in said


def wait_until_refused(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            return
        time.sleep(0.02)
    raise AssertionError("the server goes on listening")


async def test_the_whole_service_loses_no_answer_and_tells_the_sender_of_a_stream_how_many_rows_are_stored(database_url: str) -> None:
    await emptied(database_url)
    with serving(database_url, GEO_WRITE_KEYS=KEY) as (process, address), collected(process.stderr) as said:
        wait_until_ready(address)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        sending = asyncio.create_task(send_without_end(writer))
        await until(lambda: holds(database_url, "select 1 from incident"))
        outcomes = await stop_under_load(process, int(address.rpartition(":")[2]), REAL, signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.read(-1)
        sending.cancel()
        writer.close()
        assert process.wait(PATIENCE_S) == 128 + signal.SIGTERM
    assert (outcomes[BROKEN], outcomes[LOST], outcomes[ANSWERED] > CLIENTS) == (0, 0, True), outcomes
    assert outcomes[RACED] <= 2
    rows = [orjson.loads(line) for line in answer.splitlines() if line.startswith(b"{")]
    summary = rows[-1]["summary"]
    stored = (await fetch(database_url, "select count(*) from incident"))[0][0]
    assert (summary["complete"], summary["read"], summary["counts"]["new"]) == (False, stored, stored)
    assert (len(rows) - 1, summary["problem"]["type"]) == (stored, "/problems/stopping")
    assert await fetch(database_url, "select state, read, new from ingest_run") == [("interrupted", stored, stored)]
    assert "Traceback" not in "".join(said)


async def send_without_end(writer: asyncio.StreamWriter) -> None:
    """A row every few milliseconds, for as long as they are taken."""
    head = f"POST /api/incidents HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/x-ndjson\r\n"
    writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
    for number in range(int(BODY_GRACE_S * 100 * PATIENCE_S)):
        line = lines([incident(str(number))])
        writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        await asyncio.sleep(0.005)


@pytest.mark.parametrize("size", [1, 2_000_000])
async def test_a_body_that_is_on_its_way_when_the_service_stops_is_taken(size: int) -> None:
    with small_server() as (process, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size + 5}\r\n\r\nbegun".encode())
        await asyncio.to_thread(wait_until_received, port)
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(wait_until_refused, port)
        writer.write(b"y" * size)
        async with asyncio.timeout(PATIENCE_S):
            head, _, body = (await reader.read(-1)).partition(b"\r\n\r\n")
        writer.close()
        assert ended_cleanly(process, await asyncio.to_thread(lambda: process.communicate(timeout=PATIENCE_S)[1]))
    assert head.startswith(b"HTTP/1.1 200 ")
    assert body == b"begun" + b"y" * size
