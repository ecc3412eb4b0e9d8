"""Requests that only read: HEAD is answered wherever GET is, and a client that disconnects ends its own work.

What is not yet being computed never is, and a database query is cancelled.
"""

import asyncio
from collections.abc import Awaitable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.server.middleware.shutdown import SHUTDOWN


class HeadSupport:
    """ASGI middleware: routes and the tile cache see a GET, the client gets the status and headers of its response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        ended = asyncio.Event()

        async def send_head(message: Message) -> None:
            if ended.is_set():
                return
            if message["type"] == "http.response.body":
                if message.get("more_body", False):
                    ended.set()
                message = {**message, "body": b"", "more_body": False}
            await send(message)

        await _run_until(ended, self._app({**scope, "method": "GET"}, receive, send_head))


class CancelOnDisconnect:
    """ASGI middleware: cancels the response to a GET whose client has disconnected. Requests that change something are completed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and wait for its client's disconnection meanwhile."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        first = await receive()
        exchange = _Exchange(first, receive, send)
        work = asyncio.ensure_future(self._app(scope, exchange.receive, exchange.send))
        # The parts of a body are for the work to read: only after them can a disconnection be waited for.
        leaving = asyncio.ensure_future(exchange.disconnected() if not first.get("more_body", False) else _never())
        try:
            await asyncio.wait([work, leaving], return_when=asyncio.FIRST_COMPLETED)
            if not work.done() and leaving.result() and not exchange.answered:
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
            else:
                await work
        finally:
            work.cancel()
            leaving.cancel()


class _Exchange:
    """A request whose first message has been read already, and its response."""

    def __init__(self, first: Message, receive: Receive, send: Send) -> None:
        self._first: Message | None = first
        self._receive = receive
        self._send = send
        self.answered = False
        """Whether the response has been sent completely: from then on every client counts as disconnected."""

    async def receive(self) -> Message:
        """The next message, the first one once more."""
        message, self._first = self._first, None
        return message or await self._receive()

    async def send(self, message: Message) -> None:
        """Pass a part of the response on."""
        self.answered = self.answered or (message["type"] == "http.response.body" and not message.get("more_body", False))
        await self._send(message)

    async def disconnected(self) -> bool:
        """Wait for the end of the connection; return whether the client ended it, and not this server by shutting down."""
        message = await self._receive()
        return message["type"] == "http.disconnect" and not message.get(SHUTDOWN, False)


async def _run_until(ended: asyncio.Event, work: Awaitable[None]) -> None:
    """Wait for the work, or for the event, which cancels it: a stream would go on for ever."""
    working, ending = asyncio.ensure_future(work), asyncio.ensure_future(ended.wait())
    try:
        await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            await working
    finally:
        working.cancel()
        ending.cancel()
        await asyncio.gather(working, ending, return_exceptions=True)


async def _never() -> bool:
    await asyncio.Event().wait()
    return False
