"""The layer in front of the router: answers tiles that are in the cache without waking the framework.

One route of the framework gives 7.8 thousand requests a second, plain ASGI 39 thousand (30 kB body, one worker).
"""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.tiles.cache import CachedTile, TileCache
from geo_service.tiles.negotiation import choose_encoding, matches

_BODY_HEADERS = (b"content-type", b"content-length", b"content-encoding")


class HotTiles:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, cache: TileCache) -> None:
        self._app = app
        self._cache = cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the tile from the cache, or hand the request on."""
        tile = self._find(scope) if scope["type"] == "http" and scope["path"].startswith("/tiles/") else None
        if tile is None:
            await self._app(scope, receive, send)
        else:
            await send_tile(tile, scope, send)

    def _find(self, scope: Scope) -> CachedTile | None:
        if scope["method"] not in ("GET", "HEAD"):
            return None
        encoding = choose_encoding(request_header(scope, b"accept-encoding"))
        key = (scope["path"], scope["query_string"], encoding)
        return self._cache.get(key, time.time())


async def send_tile(tile: CachedTile, scope: Scope, send: Send) -> None:
    """200 with the body, 204 for an empty tile, or 304 when the client has it already."""
    known = request_header(scope, b"if-none-match")
    if known and matches(known, tile.etag):
        headers = [header for header in tile.headers if header[0] not in _BODY_HEADERS]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send({"type": "http.response.start", "status": 200 if tile.body else 204, "headers": list(tile.headers)})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else tile.body})


def request_header(scope: Scope, name: bytes) -> str:
    """A request header's value, repeated ones joined; empty when it is absent."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)
