"""Clients that leave, at the ASGI seam."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from geo_service.http.messages import SHUTDOWN
from geo_service.server.middleware.reading import ReadRequests
from tests.support.event_loop import everything_has_had_its_turn

REQUEST: Message = {"type": "http.request", "body": b"", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


class Client:
    """What a server would say of it, and what it was sent."""

    def __init__(self, *messages: Message) -> None:
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        for message in messages:
            self.messages.put_nowait(message)

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def ask(self, app: Any, method: str = "GET") -> None:
        await ReadRequests(app)({"type": "http", "method": method}, self.messages.get, self.send)


class App:
    """Answers once it may, ends once it may, and tells how it fared."""

    def __init__(self) -> None:
        self.release = asyncio.Event()
        self.finish = asyncio.Event()
        self.begun = asyncio.Event()
        self.answered = asyncio.Event()
        self.end = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.begun.set()
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.end = "cancelled"
            raise
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})
        # The server counts a client as gone as soon as it has everything: what is left to do is done all the same.
        self.answered.set()
        await self.finish.wait()
        self.end = "done"


async def test_the_work_of_a_client_that_leaves_is_cancelled_and_nothing_is_sent() -> None:
    app, client = App(), Client(REQUEST)
    asking = asyncio.create_task(client.ask(app))
    await app.begun.wait()
    client.messages.put_nowait(GONE)
    async with asyncio.timeout(5):
        await asking
    assert (app.end, client.sent) == ("cancelled", [])


@pytest.mark.parametrize("word", [{**GONE, SHUTDOWN: True}, None])
async def test_work_is_carried_through_while_the_client_stays_and_when_the_server_says_farewell(word: Message | None) -> None:
    app, client = App(), Client(REQUEST, *([word] if word else []))
    asking = asyncio.create_task(client.ask(app))
    async with asyncio.timeout(5):
        await app.begun.wait()
        await everything_has_had_its_turn()
        assert client.messages.empty()
        app.release.set()
        await app.answered.wait()
        client.messages.put_nowait(GONE)
        await everything_has_had_its_turn()
        app.finish.set()
        await asking
    assert (app.end, len(client.sent)) == ("done", 2)


async def test_what_changes_something_is_carried_through() -> None:
    app, client = App(), Client(REQUEST, GONE)
    app.release.set()
    app.finish.set()
    await client.ask(app, "POST")
    assert app.end == "done"


async def test_the_application_reads_the_whole_request_and_hears_of_the_end_itself() -> None:
    heard: list[Message] = []

    async def listen(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive(), await receive(), await receive()])

    parts: list[Message] = [{"type": "http.request", "body": b"a", "more_body": True}, REQUEST, GONE]
    await Client(*parts).ask(listen)
    assert heard == parts


async def test_a_failure_is_the_servers_to_see() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await Client(REQUEST).ask(fail)
