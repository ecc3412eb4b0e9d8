"""Responses when the server shuts down: short ones are finished, streams end, and none is cut off without a word.

Streams of events would go on for as long as their readers stay, and streams of incidents for as long as their senders do.
"""

import asyncio

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.core.errors import ServiceStopping
from geo_service.http.messages import SHUTDOWN
from geo_service.routes.common.responses import problem

BODY_GRACE_S = 1.0
"""How long bodies of requests may still arrive after `GracefulShutdown.close`: most need milliseconds."""

log = structlog.get_logger(__name__)


class GracefulShutdown:
    """ASGI middleware: from `close()` on, a response whose request is wholly read receives a disconnect message.

    Short responses do not wait for one and are finished; a stream does, stops, and its connection ends in order. A request whose
    body has not arrived by the end of `BODY_GRACE_S` receives the same message instead of the rest.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._closing = asyncio.Event()
        self._bodies_closing = asyncio.Event()

    def close(self) -> None:
        """Disconnect the readers of all streams, and of those still to come; a little later, the senders of bodies."""
        self._closing.set()
        asyncio.get_running_loop().call_later(BODY_GRACE_S, self._bodies_closing.set)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(send)
        # A body is waited for without haste until then. Reading requests have none, and two tasks each would cost them more than all else.
        may_have_body = scope["method"] not in ("GET", "HEAD")

        async def receive_until_closing() -> Message:
            if not exchange.is_read and not may_have_body:
                message = await receive()
            else:
                message = await _unless(self._closing if exchange.is_read else self._bodies_closing, receive)
            exchange.take(message)
            return message

        try:
            await self._app(scope, receive_until_closing, exchange.send)
        except asyncio.CancelledError:
            # The server's patience is over: no client has left, so each is told.
            if not self._closing.is_set():
                raise
            log.warning("request ended by the shutdown", method=scope["method"], path=scope["path"])
            await exchange.refuse(scope, receive)
        if exchange.is_cut and exchange.has_started and not exchange.is_answered:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Exchange:
    """How far a request has been read, and its response sent."""

    __slots__ = ("_send", "has_started", "is_answered", "is_cut", "is_read")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_read = self.is_cut = self.has_started = self.is_answered = False

    def take(self, message: Message) -> None:
        """Note what the application has received."""
        self.is_read = not message.get("more_body", False)
        self.is_cut = SHUTDOWN in message

    async def send(self, message: Message) -> None:
        """Pass a part of the response on."""
        if message["type"] == "http.response.start":
            self.has_started = True
        elif not message.get("more_body", False):
            self.is_answered = True
        await self._send(message)

    async def refuse(self, scope: Scope, receive: Receive) -> None:
        """Send 503 where no response has begun. One that has begun is cut: its end is missing, as its client sees."""
        if not self.has_started:
            await problem(ServiceStopping("the service is stopping and could not answer in time"))(scope, receive, self.send)


async def _unless(ending: asyncio.Event, receive: Receive) -> Message:
    """Return the next message, or a disconnect message as soon as the event is set."""
    message, ended = asyncio.ensure_future(receive()), asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait([message, ended], return_when=asyncio.FIRST_COMPLETED)
        return message.result() if message.done() else {"type": "http.disconnect", SHUTDOWN: True}
    finally:
        message.cancel()
        ended.cancel()
