"""Cached tiles, answered before anything of the web framework runs.

One route of the framework gives 7.8 thousand responses a second, plain ASGI 39 thousand (30 kB body, one worker).
"""

import time
from functools import lru_cache

from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.http.headers import choose_encoding, choose_request_id
from geo_service.server.middleware.access_log import AccessLog
from geo_service.server.middleware.cors import CorsPolicy
from geo_service.server.middleware.response_headers import NOSNIFF
from geo_service.tiles.server.tile_server import TileCache

_HEADERS_CACHED = 256
"""Accept-Encoding headers whose encoding is cached: browsers send a handful of different ones."""


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
        headers = dict(scope["headers"])
        # Headers that are given more than once, as hardly a client does, are for the route to join.
        repeated = len(headers) < len(scope["headers"])
        key = (scope["path"], scope["query_string"], _encoding(headers.get(b"accept-encoding", b"")))
        tile = None if repeated else self._cache.get_at(key, time.time())
        if tile is None:
            await self._app(scope, receive, send)
            return
        known, own_id = headers.get(b"if-none-match"), headers.get(b"x-request-id")
        status, own_headers, body = tile.response(known.decode("latin-1") if known else "")
        request_id = choose_request_id(own_id.decode("latin-1") if own_id else "")
        cors_headers = self._readers.response_headers(headers.get(b"origin", b""))
        sent_headers = (*own_headers, *cors_headers, (b"x-request-id", request_id.encode()), NOSNIFF)
        await send({"type": "http.response.start", "status": status, "headers": sent_headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})
        self._access_log.write(scope, status, started, request_id)


@lru_cache(maxsize=_HEADERS_CACHED)
def _encoding(accept_encoding: bytes) -> str:
    return choose_encoding(accept_encoding.decode("latin-1"))
