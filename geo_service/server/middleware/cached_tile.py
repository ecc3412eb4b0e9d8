"""Cached tiles, answered before anything of the web framework runs.

One route of the framework gives 7.8 thousand responses a second, plain ASGI 39 thousand (30 kB body, one worker).
"""

import time

from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.http.headers import choose_encoding, choose_request_id
from geo_service.server.middleware.access_log import AccessLog
from geo_service.server.middleware.cors import CorsPolicy
from geo_service.server.middleware.response_headers import NOSNIFF
from geo_service.tiles.server.tile_server import TileCache


class CachedTiles:
    """ASGI middleware, the outermost: sends a tile that is in the cache and still valid; passes everything else on.

    A cached tile takes a few microseconds here, less than the middleware below it: it gets its id, its CORS headers and its line
    in the log from the same functions as they use.
    """

    def __init__(self, app: ASGIApp, cache: TileCache, readers: CorsPolicy, access_log: AccessLog) -> None:
        """readers: whose pages may read tiles."""
        self._app = app
        self._cache = cache
        self._readers = readers
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the tile, or pass the request on."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith("/tiles/"):
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        accepted, known, origin, own_id = _request_headers(scope)
        tile = self._cache.get_at((scope["path"], scope["query_string"], choose_encoding(accepted)), time.time())
        if tile is None:
            await self._app(scope, receive, send)
            return
        status, own_headers, body = tile.response(known)
        request_id = choose_request_id(own_id)
        headers = [*own_headers, *self._readers.response_headers(origin), (b"x-request-id", request_id.encode()), NOSNIFF]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})
        self._access_log.write(scope, status, started, request_id)


def _request_headers(scope: Scope) -> tuple[str, str, str, str]:
    """Return Accept-Encoding, If-None-Match, Origin and X-Request-ID as `request_header` would, in one pass."""
    accepted = known = origin = own_id = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = accepted + b"," + value if accepted else value
        elif name == b"if-none-match":
            known = known + b"," + value if known else value
        elif name == b"origin":
            origin = origin + b"," + value if origin else value
        elif name == b"x-request-id":
            own_id = own_id + b"," + value if own_id else value
    return accepted.decode("latin-1"), known.decode("latin-1"), origin.decode("latin-1"), own_id.decode("latin-1")
