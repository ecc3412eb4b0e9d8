"""Open event streams end when the server shuts down: by themselves they would go on for as long as their readers stay."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SHUTDOWN = "geo_service.server.middleware.shutdown"
"""Member of a disconnect message that says that the server ends the connection, not the client."""


class GracefulShutdown:
    """ASGI middleware: from `close()` on, a response whose request is wholly read receives a disconnect message.

    Short responses do not wait for one and are finished; a stream does, stops, and its connection ends in order.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Disconnect the readers of all streams, and of those still to come."""
        self._closing.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        whole = cut = False

        async def receive_until_closing() -> Message:
            nonlocal whole, cut
            message = await self._unless_closing(receive) if whole else await receive()
            whole = not message.get("more_body", False)
            cut = message["type"] == "http.disconnect" and self._closing.is_set()
            return message

        await self._app(scope, receive_until_closing, send)
        if cut:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _unless_closing(self, receive: Receive) -> Message:
        message, closing = asyncio.ensure_future(receive()), asyncio.ensure_future(self._closing.wait())
        try:
            await asyncio.wait([message, closing], return_when=asyncio.FIRST_COMPLETED)
            return message.result() if message.done() else {"type": "http.disconnect", SHUTDOWN: True}
        finally:
            message.cancel()
            closing.cancel()
