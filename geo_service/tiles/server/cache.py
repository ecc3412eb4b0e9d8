"""The cache of encoded tiles, and one computation for all who ask for the same tile at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.types import Receive, Scope, Send

from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.http.headers import request_header
from geo_service.http.negotiation import matches
from geo_service.tiles.layers.base import TileRequest

T = TypeVar("T")

Key = tuple[str, bytes, str]
"""Path, query string as it came, content encoding."""

Headers = tuple[tuple[bytes, bytes], ...]

_ENTRY_BYTES = 1000
"""What an entry of the cache takes beside its body: key, headers and request."""


@dataclass(frozen=True, slots=True)
class CachedTile:
    """One encoding of one tile. Itself an ASGI application that sends it: the cache and the route answer alike."""

    body: bytes
    """Empty for 204."""
    etag: str
    headers: Headers
    """Of every response."""
    body_headers: Headers
    """Of a response with the body."""
    request: TileRequest
    revision: int
    """Of the incidents it was made from."""
    valid_until: float
    """Seconds since 1970: after that the same query string asks for another window."""
    fingerprint: Hashable = None
    """What it shows of incidents outside it (`revalidation.LocallyCacheable`); None where that is not known."""

    def response(self, if_none_match: str) -> tuple[int, Headers, bytes]:
        """Return status, headers and body: 200, 204 for an empty tile, or 304 when the client has it already."""
        if if_none_match and matches(if_none_match, self.etag):
            return 304, self.headers, b""
        return (200, self.headers + self.body_headers, self.body) if self.body else (204, self.headers, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response to a GET."""
        status, headers, body = self.response(request_header(scope, b"if-none-match"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class TileCache(ResultCache[Key, CachedTile]):
    """Tiles up to a size in bytes; each is valid until an incident that it may show changes, or its window moves on."""

    def __init__(self, limit: int, changes: ChangeLog) -> None:
        """limit: bytes. changes: of the incidents."""
        super().__init__(limit, lambda tile: len(tile.body) + _ENTRY_BYTES, changes, lambda _, tile: tile.request.validating_selections)

    def get_at(self, key: Key, now: float) -> CachedTile | None:
        """Return the tile if it is valid at `now`, seconds since 1970."""
        tile = self.get(key)
        return tile if tile is not None and now < tile.valid_until else None


class SingleFlight(Generic[T]):
    """Does identical work that is asked for at the same time once; cancels it when nobody waits for it any more."""

    def __init__(self) -> None:
        self._under_way: dict[object, tuple[asyncio.Task[T], set[object]]] = {}

    async def run(self, key: object, work: Callable[[], Coroutine[None, None, T]]) -> T:
        """Return the result of `work`, shared with all callers with the same key meanwhile."""
        if key not in self._under_way:
            task = asyncio.create_task(work())
            task.add_done_callback(lambda _: self._forget(key, task))
            self._under_way[key] = (task, set())
        task, waiting = self._under_way[key]
        caller = object()
        waiting.add(caller)
        try:
            return await asyncio.shield(task)
        finally:
            waiting.discard(caller)
            if not waiting and not task.done():
                # Later callers must not be given the cancelled work.
                self._forget(key, task)
                task.cancel()

    def _forget(self, key: object, task: asyncio.Task[T]) -> None:
        if key in self._under_way and self._under_way[key][0] is task:
            del self._under_way[key]
