"""Encoded tiles kept in memory, and computed once however many ask for the same one at the same time."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from starlette.types import Receive, Scope, Send

from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.http.headers import request_header
from geo_service.http.negotiation import matches
from geo_service.tiles.layers.base import TileRequest

T = TypeVar("T")

Key = tuple[str, bytes, str]
"""Path, query string as it came, content encoding."""

Headers = tuple[tuple[bytes, bytes], ...]


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
    """Of the incidents it was made from, or for which it was last found to be valid."""
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


class TileCache:
    """The tiles used last, up to a size in bytes; each is answered for as long as it holds."""

    def __init__(self, limit: int, changes: Callable[[], ChangeLog]) -> None:
        """limit: bytes of bodies. changes: gives the log of the incidents' changes."""
        self._limit = limit
        self._changes = changes
        self._held = 0
        self._tiles: OrderedDict[Key, CachedTile] = OrderedDict()

    def get(self, key: Key, now: float) -> CachedTile | None:
        """The tile, unless an incident that it may show has changed or its window has moved on since."""
        tile = self._tiles.get(key)
        if tile is None or now >= tile.valid_until:
            return None
        changes = self._changes()
        if tile.revision < changes.revision:
            seen = changes.revision
            if tile.request.every_revision or changes.affects(tile.request.selections, tile.revision):
                return None
            tile = self._tiles[key] = replace(tile, revision=seen)
        self._tiles.move_to_end(key)
        return tile

    def peek(self, key: Key) -> CachedTile | None:
        """The tile as it was last, whether it still holds or not."""
        return self._tiles.get(key)

    def put(self, key: Key, tile: CachedTile) -> None:
        """Keep a tile; those unused for longest make room."""
        self._drop(key)
        self._tiles[key] = tile
        self._held += _weight(tile)
        while self._held > self._limit and self._tiles:
            self._drop(next(iter(self._tiles)))

    def _drop(self, key: Key) -> None:
        tile = self._tiles.pop(key, None)
        if tile is not None:
            self._held -= _weight(tile)


def _weight(tile: CachedTile) -> int:
    """Bytes, with what an entry costs beside its body."""
    return len(tile.body) + 1000


class SingleFlight(Generic[T]):
    """Identical work under way at the same time is done once; it stops when nobody waits for it any more."""

    def __init__(self) -> None:
        self._under_way: dict[object, tuple[asyncio.Task[T], set[object]]] = {}

    async def run(self, key: object, work: Callable[[], Coroutine[None, None, T]]) -> T:
        """The result of `work`, shared with everyone who asks for the same key meanwhile."""
        if key not in self._under_way:
            task = asyncio.create_task(work())
            task.add_done_callback(lambda _: self._forget(key, task))
            self._under_way[key] = (task, set())
        task, waiting = self._under_way[key]
        me = object()
        waiting.add(me)
        try:
            return await asyncio.shield(task)
        finally:
            waiting.discard(me)
            if not waiting and not task.done():
                # Whoever asks from now on must not be given the cancelled work.
                self._forget(key, task)
                task.cancel()

    def _forget(self, key: object, task: asyncio.Task[T]) -> None:
        if key in self._under_way and self._under_way[key][0] is task:
            del self._under_way[key]
