"""Responses that the application has ready, written by the protocol itself: order, heads, and clients that do not read."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from geo_service.core.settings import Settings
from geo_service.server.connections import limited_protocol

BIG = b"x" * 400_000


class Application:
    """Has `/ready` and `/big` ready; lets `/slow` wait; says which way each request came."""

    direct_prefix = b"/"

    def __init__(self) -> None:
        self.direct: list[str] = []
        self.by_task: list[str] = []
        self.began = asyncio.Event()
        self.released = asyncio.Event()

    def answer(self, scope: Any) -> tuple[int, bytes, bytes] | None:
        """Return what is ready."""
        path = scope["path"]
        if path not in ("/ready", "/big", "/unchanged"):
            return None
        self.direct.append(path)
        if path == "/unchanged":
            return 304, b'etag: "a"\r\n', b""
        body = BIG if path == "/big" else b"ready"
        return 200, b"content-length: %d\r\n" % len(body), b"" if scope["method"] == "HEAD" else body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as ASGI wants it."""
        self.by_task.append(scope["path"])
        self.began.set()
        if scope["path"] == "/slow":
            await self.released.wait()
        body = BIG if scope["path"] == "/big" else scope["path"].encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


@asynccontextmanager
async def served(application: Application) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server of the application."""
    protocol = limited_protocol(Settings(), application)
    server = uvicorn.Server(uvicorn.Config(application, http=protocol, lifespan="off", log_config=None, access_log=False))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        reader, writer = await asyncio.open_connection("127.0.0.1", listening.getsockname()[1])
        try:
            yield reader, writer
        finally:
            writer.close()
            server.should_exit = True
            await serving


def request(path: str, method: str = "GET", version: str = "1.1", headers: str = "") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{headers}\r\n".encode()


async def read_response(reader: asyncio.StreamReader, *, bodiless: bool = False) -> tuple[str, dict[str, str], bytes]:
    """Status line, headers, body."""
    async with asyncio.timeout(10):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = b"" if bodiless else await reader.readexactly(int(headers.get("content-length", 0)))
    return head[0], headers, body


async def test_what_is_ready_is_answered_without_a_task() -> None:
    application = Application()
    async with served(application) as (reader, writer):
        writer.write(request("/ready") + request("/ready", "HEAD") + request("/unchanged") + request("/other"))
        status, headers, body = await read_response(reader)
        assert (status, body, headers["content-length"]) == ("HTTP/1.1 200 OK", b"ready", "5")
        assert "date" in headers
        status, headers, _ = await read_response(reader, bodiless=True)
        assert (status, headers["content-length"]) == ("HTTP/1.1 200 OK", "5")
        status, headers, _ = await read_response(reader)
        assert (status, headers["etag"]) == ("HTTP/1.1 304 Not Modified", '"a"')
        assert (await read_response(reader))[2] == b"/other"
    assert application.direct == ["/ready", "/ready", "/unchanged"]
    assert application.by_task == ["/other"]


async def test_requests_of_a_connection_are_answered_in_their_order() -> None:
    application = Application()
    async with served(application) as (reader, writer):
        writer.write(request("/slow") + request("/ready") + request("/other") + request("/ready"))
        await asyncio.wait_for(application.began.wait(), 10)
        assert application.direct == []
        application.released.set()
        bodies = [(await read_response(reader))[2] for _ in range(4)]
    assert [body.removeprefix(b"/") for body in bodies] == [b"slow", b"ready", b"other", b"ready"]


async def test_hundreds_of_requests_in_one_packet_are_all_answered() -> None:
    application = Application()
    async with served(application) as (reader, writer):
        writer.write(request("/slow") + 400 * request("/ready"))
        await asyncio.wait_for(application.began.wait(), 10)
        application.released.set()
        for _ in range(401):
            assert (await read_response(reader))[0] == "HTTP/1.1 200 OK"


async def test_a_client_that_does_not_read_fills_no_memory() -> None:
    application = Application()
    async with served(application) as (reader, writer):
        writer.write(500 * request("/big"))
        answered = -1
        while answered < len(application.direct) + len(application.by_task):
            answered = len(application.direct) + len(application.by_task)
            for _ in range(200):
                await asyncio.sleep(0)
        assert answered < 50
        for _ in range(500):
            assert (await read_response(reader))[2] == BIG


@pytest.mark.parametrize(("version", "headers"), [("1.0", ""), ("1.1", "Connection: close\r\n")])
async def test_a_connection_that_ends_with_its_response_is_closed(version: str, headers: str) -> None:
    application = Application()
    async with served(application) as (reader, writer):
        writer.write(request("/ready", version=version, headers=headers))
        _, answered, body = await read_response(reader)
        assert (answered["connection"], body) == ("close", b"/ready")
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert application.direct == []
