"""Streams end with the server; short answers are finished."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import orjson
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from geo_service.http.messages import SHUTDOWN
from geo_service.server.middleware.reading import ReadRequests
from geo_service.server.middleware.shutdown import GracefulShutdown
from tests.support.event_loop import everything_has_had_its_turn

SCOPE: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"version": "3.0", "spec_version": "2.3"}}


async def endless(_: Request) -> Response:
    async def ticks() -> AsyncIterator[str]:
        while True:
            yield "tick\n"
            await asyncio.sleep(0.01)

    return StreamingResponse(ticks())


async def echo(request: Request) -> Response:
    return PlainTextResponse(await request.body())


def application(route: Callable[[Request], Awaitable[Response]]) -> GracefulShutdown:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (await route(Request(scope, receive)))(scope, receive, send)

    return GracefulShutdown(app)


class Client:
    """A reader who sends `parts` as the request's body and then stays; what it is sent is in `sent`."""

    def __init__(self, *parts: bytes) -> None:
        self.sent: list[Message] = []
        self.reads = asyncio.Event()
        self.goes = asyncio.Event()
        last = len(parts) - 1
        self._messages: list[Message] = [
            {"type": "http.request", "body": part, "more_body": place < last} for place, part in enumerate(parts)
        ]

    async def receive(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        await self.goes.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body"):
            self.reads.set()

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


async def test_a_stream_ends_in_order_when_the_server_closes() -> None:
    app, client = application(endless), Client(b"")
    serving = asyncio.create_task(app(SCOPE, client.receive, client.send))
    async with asyncio.timeout(5):
        await client.reads.wait()
        assert not serving.done()
        app.close()
        await serving
    assert client.body.startswith(b"tick\n")
    assert client.sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_a_stream_whose_reader_goes_is_not_ended_twice() -> None:
    app, client = application(endless), Client(b"")
    serving = asyncio.create_task(app(SCOPE, client.receive, client.send))
    async with asyncio.timeout(5):
        await client.reads.wait()
        client.goes.set()
        await serving
    assert client.sent[-1].get("more_body") is not False


async def test_a_stream_that_is_asked_for_while_the_server_closes_ends_too() -> None:
    app, client = application(endless), Client(b"")
    app.close()
    async with asyncio.timeout(5):
        await app(SCOPE, client.receive, client.send)
    assert client.sent[-1]["more_body"] is False


async def test_a_request_that_is_still_being_sent_is_read_and_answered() -> None:
    app, client = application(echo), Client(b"first, ", b"second, ", b"third")
    app.close()
    async with asyncio.timeout(5):
        await app(SCOPE, client.receive, client.send)
    assert client.body == b"first, second, third"
    assert sum(message["type"] == "http.response.body" for message in client.sent) == 1


async def test_a_short_response_under_way_is_finished_and_ended_once() -> None:
    may_answer = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await may_answer.wait()
        await PlainTextResponse("done")(scope, receive, send)

    shutdown, client = GracefulShutdown(ReadRequests(app)), Client(b"")
    serving = asyncio.create_task(shutdown(SCOPE, client.receive, client.send))
    async with asyncio.timeout(5):
        await everything_has_had_its_turn()
        shutdown.close()
        await everything_has_had_its_turn()
        may_answer.set()
        await serving
    assert client.body == b"done"
    assert [message["type"] for message in client.sent] == ["http.response.start", "http.response.body"]


async def test_a_response_that_the_server_waits_for_no_longer_is_a_503() -> None:
    async def never(_: Request) -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    app, client = application(never), Client(b"")
    serving = asyncio.create_task(app(SCOPE, client.receive, client.send))
    async with asyncio.timeout(5):
        await everything_has_had_its_turn()
        app.close()
        serving.cancel()
        await serving
    assert client.sent[0]["status"] == 503
    assert orjson.loads(client.body)["type"] == "/problems/stopping"


async def test_a_body_that_does_not_come_is_waited_for_for_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.server.middleware.shutdown.BODY_GRACE_S", 0.01)
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while not received or received[-1]["type"] != "http.disconnect":
            received.append(await receive())

    class Silent(Client):
        async def receive(self) -> Message:
            message = await super().receive()
            return {**message, "more_body": True}

    shutdown, client = GracefulShutdown(app), Silent(b"begun")
    serving = asyncio.create_task(shutdown({**SCOPE, "method": "POST"}, client.receive, client.send))
    async with asyncio.timeout(5):
        await everything_has_had_its_turn()
        shutdown.close()
        await serving
    assert received[0]["body"] == b"begun"
    assert received[1:] == [{"type": "http.disconnect", SHUTDOWN: True}]
    assert client.sent == []
