"""A HEAD of a stream ends with its headers."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class StreamHeads:
    """ASGI middleware: ends the response to a HEAD at the first part of a body that has further ones, and cancels what makes them.

    A stream of events would go on for ever, and with it the connection.
    """

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
            if message["type"] == "http.response.body" and message.get("more_body", False):
                ended.set()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        working, ending = asyncio.ensure_future(self._app(scope, receive, send_head)), asyncio.ensure_future(ended.wait())
        try:
            await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                await working
        finally:
            working.cancel()
            ending.cancel()
            await asyncio.gather(working, ending, return_exceptions=True)
