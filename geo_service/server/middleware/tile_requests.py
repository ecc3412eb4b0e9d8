"""Tiles, answered before anything of the web framework runs.

One route of the framework gives 7.8 thousand responses a second, plain ASGI 39 thousand (30 kB body, one worker). The framework's
route reads the same requests in the same way; it serves where a request is out of the ordinary, and says what is wrong with one.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.core.errors import GeoError
from geo_service.http.headers import HeaderBlock, choose_encoding, choose_request_id
from geo_service.http.request_record import RequestRecord
from geo_service.metrics.requests import TEMPLATE, TILE_ROUTES
from geo_service.server.middleware.access_log import CLIENT_LEFT, AccessLog
from geo_service.server.middleware.cors import CorsPolicy
from geo_service.server.middleware.reading import unless_disconnected
from geo_service.server.middleware.response_headers import NOSNIFF
from geo_service.tiles.server.tile_server import CachedTile, Key, ReadTileRequest, TileCache

_PREFIX = "/tiles/"
_HEADERS_CACHED = 256
"""Accept-Encoding headers whose encoding is cached: browsers send a handful of different ones."""

_NOSNIFF = HeaderBlock((NOSNIFF,))

Answer = tuple[int, bytes, bytes]
"""Status, header lines each with its line end, body."""


class TileRequests:
    """ASGI middleware, the outermost: sends tiles, from the cache where they are still valid; passes everything else on.

    A cached tile takes a few microseconds here, less than the middleware below it: it gets its id, its CORS headers and its line
    in the log from the same functions as they use. A server that can send bytes takes them from `answer` (`DirectAnswers`).
    """

    direct_prefix = _PREFIX.encode()

    def __init__(
        self, app: ASGIApp, read: ReadTileRequest, cache: TileCache, readers: CorsPolicy, access_log: AccessLog,
        refuse: Callable[[Exception], ASGIApp],
    ) -> None:  # fmt: skip
        """read: reads a request. readers: whose pages may read tiles. refuse: returns the response to a request that failed."""
        self._app = app
        self._read = read
        self._cache = cache
        self._readers = readers
        self._access_log = access_log
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the tile, or pass the request on."""
        started = time.perf_counter()
        headers = _plain_headers(scope) if scope["type"] == "http" else None
        if headers is None:
            await self._app(scope, receive, send)
            return
        key = _tile_key(scope, headers)
        tile = self._cache.get_at(key, time.time())
        if tile is not None:
            answer: Answer | None = self._respond(tile, "cached", scope, headers, started)
        else:
            answer = await self._compute(key, headers, started, scope, receive, send)
        if answer is not None:
            status, lines, body = answer
            await send({"type": "http.response.start", "status": status, "headers": HeaderBlock.parse(lines)})
            await send({"type": "http.response.body", "body": body})

    def answer(self, scope: Any) -> Answer | None:
        """Return the response to a request for a cached tile, None for every other request. It is logged as sent.

        scope: of an HTTP request.
        """
        started, headers = time.perf_counter(), _plain_headers(scope)
        if headers is None:
            return None
        tile = self._cache.get_at(_tile_key(scope, headers), time.time())
        return None if tile is None else self._respond(tile, "cached", scope, headers, started)

    async def _compute(
        self, key: Key, headers: dict[bytes, bytes], started: float, scope: Scope, receive: Receive, send: Send
    ) -> Answer | None:  # fmt: skip
        """Return a tile that is not in the cache; None where the response has been sent, or where the client has disconnected."""
        try:
            server, request = self._read(scope["path"], scope["query_string"])
        except GeoError:
            # Not a tile, or no valid request: the framework's route says so.
            await self._app(scope, receive, send)
            return None
        try:
            computed = await unless_disconnected(receive, server.render(key, request))
        except Exception as error:
            await self._refuse(error)({**scope, TEMPLATE: _route(scope)}, receive, send)
            return None
        if computed is None:
            self._access_log.write(scope, CLIENT_LEFT, 0, started, RequestRecord(choose_request_id("")), _route(scope))
            return None
        return self._respond(*computed, scope, headers, started)

    def _respond(self, tile: CachedTile, origin: str, scope: Any, headers: dict[bytes, bytes], started: float) -> Answer:
        """Return the response, and log it. origin: how the tile came about, as in `RequestRecord.answer`."""
        known, own_id = headers.get(b"if-none-match"), headers.get(b"x-request-id")
        status, block, body = tile.response(known.decode("latin-1") if known else "")
        if scope["method"] == "HEAD":
            body = b""
        request_id = choose_request_id(own_id.decode("latin-1") if own_id else "")
        cors_lines = self._readers.response_headers(headers.get(b"origin", b"")).lines
        record = RequestRecord(request_id, "unchanged" if status == 304 and origin == "cached" else origin)
        self._access_log.write(scope, status, len(body), started, record, _route(scope))
        return status, b"%b%b%bx-request-id: %b\r\n" % (block.lines, cors_lines, _NOSNIFF.lines, request_id.encode()), body


def _plain_headers(scope: Any) -> dict[bytes, bytes] | None:
    """Return the headers of an HTTP request that may be for a tile; None where it is for something else, or out of the ordinary."""
    if scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(_PREFIX):
        return None
    headers = dict(scope["headers"])
    # Headers that are given more than once, as hardly a client does, are for the route to join.
    return headers if len(headers) == len(scope["headers"]) else None


def _tile_key(scope: Any, headers: dict[bytes, bytes]) -> Key:
    return scope["path"], scope["query_string"], _encoding(headers.get(b"accept-encoding", b""))


def _route(scope: Any) -> str:
    return TILE_ROUTES[scope["path"][-3:]]


@lru_cache(maxsize=_HEADERS_CACHED)
def _encoding(accept_encoding: bytes) -> str:
    return choose_encoding(accept_encoding.decode("latin-1"))
