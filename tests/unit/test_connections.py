"""Clients that hold connections and say nothing, on a real port of this machine."""

import asyncio
import resource
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import structlog
import uvicorn
from starlette.types import Receive, Scope, Send

from geo_service.core.settings import Settings
from geo_service.server.connections import limited_protocol, raise_file_limit

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
IDLE = 200


async def answer_plainly(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def served(max_connections: int, header_timeout_s: float) -> AsyncIterator[int]:
    """A server with these limits; its port."""
    settings = Settings(max_connections=max_connections, header_timeout_s=header_timeout_s)
    config = uvicorn.Config(answer_plainly, http=limited_protocol(settings), lifespan="off", log_config=None, access_log=False)
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
