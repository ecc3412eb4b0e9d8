"""What every response obeys, those of the framework's own making included: `nosniff`, and redirects that name no host."""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOSNIFF = (b"x-content-type-options", b"nosniff")
"""No browser takes a response for another type than the one it is sent as: JSON with a citizen's words in it for a page."""


class ResponseHeaders:
    """ASGI middleware: adds `NOSNIFF`, and makes the address in `Location` of a redirect relative to the one of the request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the headers of its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [header for header in message.get("headers", ()) if header[0] != NOSNIFF[0]]
                if 300 <= message["status"] < 400:
                    headers = [(name, _relative(value, scope) if name == b"location" else value) for name, value in headers]
                message["headers"] = [*headers, NOSNIFF]
            await send(message)

        await self._app(scope, receive, send_complete)


def _relative(location: bytes, scope: Scope) -> bytes:
    """Return the address of a redirect as a path from the one of the request; what is relative already stays.

    The framework's redirects, which add or take away a slash at the end, repeat the Host header, which anybody can set, and
    know nothing of a path that a proxy takes away.
    """
    target = urlsplit(location.decode("latin-1"))
    if not target.netloc:
        return location
    folder, _, name = target.path.rstrip("/").rpartition("/")
    above = scope["path"].count("/") - folder.count("/") - 1
    slash = "/" if target.path.endswith("/") else ""
    query = f"?{target.query}" if target.query else ""
    return f"{'../' * above or './'}{name}{slash}{query}".encode("latin-1")
