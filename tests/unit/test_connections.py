"""Clients that hold connections and say nothing, on a real port of this machine."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import structlog
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.core.settings import Settings
from geo_service.server.connections import limited_protocol, raise_file_limit
from geo_service.server.pipelining import MAX_PIPELINED, STARTS_IN_TURN

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
IDLE = 200


async def read_to_end(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server ends the connection, politely or not."""
    received = b""
    with suppress(ConnectionError):
        while part := await reader.read(1 << 16):
            received += part
    return received


async def answer_plainly(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(max_connections: int, header_timeout_s: float, app: ASGIApp = answer_plainly) -> AsyncIterator[int]:
    """A server of an application with these limits; its port."""
    settings = Settings(max_connections=max_connections, header_timeout_s=header_timeout_s)
    config = uvicorn.Config(app, http=limited_protocol(settings), lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0), backlog=2 * IDLE) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def ask(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    writer.close()
    return head


async def test_connections_without_headers_are_closed_and_leave_room_for_others() -> None:
    async with served(IDLE, 0.5) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(IDLE)]
        for number, (_, writer) in enumerate(idle):
            # Every other one sends a byte now and then, which does not help it.
            writer.write(REQUEST[:10] if number % 2 else b"")
        with structlog.testing.capture_logs() as lines:
            refused = await ask(port)
            await ask(port)
        assert [(line["event"], line["open"]) for line in lines] == [("connections refused", IDLE)]
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in refused
        async with asyncio.timeout(10):
            ends = await asyncio.gather(*(reader.read() for reader, _ in idle), return_exceptions=True)
        assert all(end == b"" or isinstance(end, ConnectionError) for end in ends)
        started = time.monotonic()
        assert (await ask(port)).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - started < 1
        for _, writer in idle:
            writer.close()


async def test_a_second_request_has_its_own_time_and_a_quick_client_is_never_cut_off() -> None:
    async with served(20, 0.6) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(4):
            writer.write(REQUEST)
            assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(0.3)
        writer.write(REQUEST[:10])
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await asyncio.wait_for(reader.readuntil(b"ok"), 5)
        writer.close()


def test_the_limit_of_open_files_is_raised_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, 1000))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: made.append(limits))
    with structlog.testing.capture_logs() as lines:
        raise_file_limit(100)
        raise_file_limit(2000)
    assert made == [(300, 1000), (1000, 1000)]
    assert [line["log_level"] for line in lines] == ["info", "info", "warning"]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [(b"this is no HTTP\r\n\r\n", b"400 "), (b"GET / HTTP/1.1\r\nHost : x\x00\r\n\r\n", b"400 "), (b"GET /?" + b"x" * 1_000_000, b"431 ")],
    ids=["no HTTP", "bad header", "endless"],
)
async def test_what_is_no_request_or_never_ends_is_refused_and_no_browser_may_guess_its_type(request_bytes: bytes, status: bytes) -> None:
    async with served(20, 30) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_bytes)
        async with asyncio.timeout(10):
            answer = await read_to_end(reader)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b"\r\nx-content-type-options: nosniff\r\n" in answer
        assert (await ask(port)).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_long_headers_and_long_bodies_are_read_all_the_same() -> None:
    async with served(20, 30) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in (
            b"POST /?" + b"x" * 30_000,
            b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
            b"y" * 1_000_000 + REQUEST[:10],
        ):
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        writer.write(REQUEST[10:])
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")
        writer.close()


class Counting:
    """Answers after so many turns of the event loop, and says how many requests are answered and at work at once."""

    def __init__(self, turns: int) -> None:
        self.turns = turns
        self.paths: list[str] = []
        self.at_work: dict[object, int] = {}
        self.most_at_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = tuple(scope["client"])
        self.at_work[client] = self.at_work.get(client, 0) + 1
        self.most_at_work = max(self.most_at_work, self.at_work[client])
        for _ in range(self.turns):
            await asyncio.sleep(0)
        self.paths.append(scope["path"])
        self.at_work[client] -= 1
        await answer_plainly(scope, receive, send)


async def test_a_new_request_is_answered_long_before_those_that_many_clients_have_pipelined() -> None:
    clients, requests = 100, 40
    app = Counting(turns=1)
    async with served(2 * clients, 30, app) as port:
        pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(clients)]
        for _, writer in pairs:
            writer.write(REQUEST * requests)
        await until_at_least(app, clients + 1)
        answered = len(app.paths)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"ok")
        # Accepting, reading and answering take a turn or two each, in which no more than a few of the others are started.
        assert app.paths.index("/healthz") < answered + 20 * STARTS_IN_TURN < answered + clients
        for each, _ in pairs:
            assert (await each.readexactly(len(await each.readuntil(b"ok")) * (requests - 1))).count(b"200 OK") == requests - 1
        assert (len(app.paths), app.most_at_work) == (clients * requests + 1, 1)
        for _, each_writer in [*pairs, (reader, writer)]:
            each_writer.close()


async def until_at_least(app: Counting, number: int) -> None:
    while len(app.paths) < number:  # noqa: ASYNC110  # nothing notifies of it
        await asyncio.sleep(0)


async def test_a_client_that_leaves_ends_the_request_at_work_and_those_behind_it_are_never_begun() -> None:
    begun: list[str] = []
    left = asyncio.Event()

    async def wait_for_the_end(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope["path"])
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()

    async with served(20, 30, wait_for_the_end) as port:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST * 10)
        while not begun:  # noqa: ASYNC110  # nothing notifies of it
            await asyncio.sleep(0)
        writer.close()
        async with asyncio.timeout(10):
            await left.wait()
    assert begun == ["/"]


async def test_a_client_that_pipelines_without_end_is_cut_off() -> None:
    app = Counting(turns=0)
    async with served(20, 30, app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(REQUEST * (2 * MAX_PIPELINED))
        async with asyncio.timeout(10):
            await read_to_end(reader)
        assert (await ask(port)).startswith(b"HTTP/1.1 200 ")
        writer.close()
        assert len(app.paths) < MAX_PIPELINED
