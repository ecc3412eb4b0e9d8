"""Requests that only read: HEAD is answered wherever GET is, and a client that disconnects ends its own work.

What is not yet being computed never is, and a database query is cancelled.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.http.messages import is_shutdown

T = TypeVar("T")


async def unless_disconnected(receive: Receive, work: Coroutine[Any, Any, T]) -> T | None:
    """Return the result of the work; None where the client disconnects before, which cancels it. A body of the request is dropped."""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait([working, leaving], return_when=asyncio.FIRST_COMPLETED)
        return None if not working.done() and leaving.result() else await working
    finally:
        leaving.cancel()
        if not working.done():
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)


async def _disconnected(receive: Receive) -> bool:
    """Wait for the end of the connection; return whether the client ended it, and not this server by shutting down."""
    while (message := await receive())["type"] != "http.disconnect":
        pass
    return not is_shutdown(message)


class ReadRequests:
    """ASGI middleware: routes see a GET for a HEAD, and a response whose client has disconnected is cancelled.

    Requests that change something are passed on as they are, and completed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and wait for its client's disconnection meanwhile."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        first = await receive()
        exchange = _Exchange(first, receive, send, with_body=scope["method"] == "GET")
        seen = scope if exchange.with_body else {**scope, "method": "GET"}
        work = asyncio.ensure_future(self._app(seen, exchange.receive, exchange.send))
        # The parts of a body are for the work to read: only after them can a disconnection be waited for.
        leaving = asyncio.ensure_future(_disconnected(receive) if not first.get("more_body", False) else _never())
        try:
            await asyncio.wait([work, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and leaving.result() and not exchange.answered:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
            else:
                await work
        finally:
            # Which route answered is for those outside to know as well.
            scope["route"] = seen.get("route")
            work.cancel()
            leaving.cancel()


@dataclass(slots=True)
class _Exchange:
    """A request whose first message has been read already, and its response."""

    first: Message | None
    client_receive: Receive
    client_send: Send
    with_body: bool
    """Whether the response is sent with its body."""
    answered: bool = False
    """Whether the response has been sent completely: from then on every client counts as disconnected."""

    async def receive(self) -> Message:
        """The next message, the first one once more."""
        message, self.first = self.first, None
        return message or await self.client_receive()

    async def send(self, message: Message) -> None:
        """Pass a part of the response on."""
        if message["type"] == "http.response.body":
            self.answered = self.answered or not message.get("more_body", False)
            message = message if self.with_body else {**message, "body": b""}
        await self.client_send(message)


async def _never() -> bool:
    await asyncio.Event().wait()
    return False
