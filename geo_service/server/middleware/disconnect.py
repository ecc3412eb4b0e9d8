"""A client that goes away ends its work: what is not yet being computed never is, and a database query is cancelled."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.server.middleware.shutdown import SHUTDOWN


class CancelOnDisconnect:
    """ASGI layer: cancels the answer to a GET whose client has gone. What changes something is carried through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and listen for its client's going meanwhile."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        first = await receive()
        exchange = _Exchange(first, receive, send)
        work = asyncio.ensure_future(self._app(scope, exchange.receive, exchange.send))
        # The parts of a body are for the work to read: only after them can a client's going be listened for.
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
    """A request whose first message has been read already, and its answer."""

    def __init__(self, first: Message, receive: Receive, send: Send) -> None:
        self._first: Message | None = first
        self._receive = receive
        self._send = send
        self.answered = False
        """Whether the answer has been sent to its end: from then on every client counts as gone."""

    async def receive(self) -> Message:
        """The next message, the first one once more."""
        message, self._first = self._first, None
        return message or await self._receive()

    async def send(self, message: Message) -> None:
        """Pass a part of the answer on."""
        self.answered = self.answered or (message["type"] == "http.response.body" and not message.get("more_body", False))
        await self._send(message)

    async def disconnected(self) -> bool:
        """Wait for the end of the connection; whether it is the client who ends it, and not this server with its farewell."""
        message = await self._receive()
        return message["type"] == "http.disconnect" and not message.get(SHUTDOWN, False)


async def _never() -> bool:
    await asyncio.Event().wait()
    return False
