"""From a tile request to a response: computed once however many ask for it, compressed, with its ETag, and cached."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from starlette.types import Receive, Scope, Send

from geo_service.aggregation.arrays.parallel import count_ranges
from geo_service.aggregation.columns.change_log import ChangeLog
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.counting.result_cache import ResultCache
from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.core.errors import InvalidParameter
from geo_service.http.headers import COMPRESSORS, HeaderBlock, Headers, etag, matches, request_header
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.layers.base import OwnData, TileLayer, TileRequest
from geo_service.tiles.server.revalidation import revalidate

T = TypeVar("T")

Key = tuple[str, bytes, str]
"""Path, query string as it came, content encoding."""

_ROWS_LIMIT = 200_000_000
"""Incidents: at 4 ns each, what counting takes at most, 0.8 s. The default of GEO_TILE_ROWS_LIMIT."""

_CACHE_RELATIVE = b"public, max-age=5, stale-while-revalidate=30"
"""A relative window moves on, and new incidents belong to it."""
_CACHE_PAST = b"public, max-age=300, stale-while-revalidate=3600"
"""A window that has ended changes only by late arrivals and by status."""

_ENTRY_BYTES = 2000
"""What an entry of the cache takes beside its body: key, headers and request."""


@dataclass(frozen=True, slots=True)
class CachedTile:
    """One encoding of one tile. Itself an ASGI application that sends it: the cache and the route answer alike."""

    body: bytes
    """Empty for 204."""
    etag: str
    headers: HeaderBlock
    """Of a response with the body."""
    bodiless_headers: HeaderBlock
    """Of a 304, or of a 204."""
    request: TileRequest
    revision: int
    """Of the incidents it was made from."""
    valid_until: float
    """Seconds since 1970: after that the same query string asks for another window."""
    fingerprint: Hashable = None
    """What it shows of incidents outside it (`revalidation.LocallyCacheable`); None where that is not known."""
    own_data: OwnData | None = None
    """The layer, where it draws something else than incidents."""
    data_revision: int = 0
    """Of that."""

    @property
    def is_current(self) -> bool:
        """Whether what it draws beside incidents is still the same."""
        return self.own_data is None or self.own_data.data_revision == self.data_revision

    def response(self, if_none_match: str) -> tuple[int, HeaderBlock, bytes]:
        """Return status, headers and body: 200, 204 for an empty tile, or 304 when the client has it already."""
        if if_none_match and matches(if_none_match, self.etag):
            return 304, self.bodiless_headers, b""
        return (200, self.headers, self.body) if self.body else (204, self.bodiless_headers, b"")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response to a GET."""
        status, headers, body = self.response(request_header(scope, b"if-none-match"))
        await send({"type": "http.response.start", "status": status, "headers": headers.headers})
        await send({"type": "http.response.body", "body": body})


class TileCache(ResultCache[Key, CachedTile]):
    """Tiles up to a size in bytes; each is valid until an incident that it may show changes, or its window moves on."""

    def __init__(self, limit: int, changes: ChangeLog) -> None:
        """limit: bytes. changes: of the incidents."""
        super().__init__(limit, lambda tile: len(tile.body) + _ENTRY_BYTES, changes, lambda _, tile: tile.request.validating_selections)

    def get_at(self, key: Key, now: float) -> CachedTile | None:
        """Return the tile if it is valid at `now`, seconds since 1970."""
        tile = self.get(key)
        return tile if tile is not None and now < tile.valid_until and tile.is_current else None


class SingleFlight(Generic[T]):
    """Does identical work that is asked for at the same time once; cancels it when nobody waits for it any more."""

    def __init__(self) -> None:
        self._under_way: dict[object, tuple[asyncio.Task[T], set[object]]] = {}

    async def run(self, key: object, work: Callable[[], Coroutine[None, None, T]]) -> T:
        """Return the result of `work`, shared with all callers with the same key meanwhile."""
        if key not in self._under_way:
            self._under_way[key] = (asyncio.create_task(work()), set())
        task, waiting = self._under_way[key]
        caller = object()
        waiting.add(caller)
        try:
            return await asyncio.shield(task)
        finally:
            waiting.discard(caller)
            if not waiting:
                # Later callers must not be given work that is done, perhaps with an error, or cancelled.
                del self._under_way[key]
                task.cancel()


class TileServer:
    """Responds to the tile requests of one layer from the cache or the replica."""

    def __init__(self, replica: Replica, layer: TileLayer, cache: TileCache, rows_limit: int = _ROWS_LIMIT) -> None:
        """rows_limit: incidents in the windows of one tile's query."""
        self._replica = replica
        self._rows_limit = rows_limit
        self.layer = layer
        self._own_data = layer if isinstance(layer, OwnData) else None
        self._cache = cache
        self._flight: SingleFlight[tuple[CachedTile, str]] = SingleFlight()

    async def render(self, key: Key, request: TileRequest) -> tuple[CachedTile, str]:
        """Return the tile for `key`, computed unless the cached one is still valid, and how it came about, as in `RequestRecord.answer`.

        Identical requests share one computation.
        """

        async def compute() -> tuple[CachedTile, str]:
            tile, answer = await self._replica.run(self._compute, request, key[2], self._cache.peek(key))
            self._cache.put(key, tile, tile.revision)
            return tile, answer

        return await self._flight.run((key, self._replica.revision, self._data_revision, request), compute)

    @property
    def _data_revision(self) -> int:
        return 0 if self._own_data is None else self._own_data.data_revision

    def _compute(
        self, state: ReplicaState, request: TileRequest, encoding: str, cached: tuple[CachedTile, int] | None
    ) -> tuple[CachedTile, str]:
        """Return the cached tile where it is still valid, else a new one; and how it came about, as in `RequestRecord.answer`.

        Called on the replica's thread. cached: with the revision at which it was last known to be valid.
        """
        # Read before anything is drawn: a tile may show more than its number says, never less.
        data_revision = self._data_revision
        if cached is not None and cached[0].is_current:
            earlier, revision = cached
            until = revalidate(self.layer, state, request, earlier.request, revision, earlier.fingerprint)
            if until is not None:
                return replace(earlier, request=request, revision=state.changes.revision, valid_until=until), "revalidated"
        check_cost(state.columns, request.query, self._rows_limit)
        computed = state.counter.arrays_computed
        encoded = self.layer.encode(state, request)
        answer = "known" if state.counter.arrays_computed == computed else "cold"
        tile = _response(encoded.body, encoding, state, request, encoded.fingerprint)
        return replace(tile, own_data=self._own_data, data_revision=data_revision) if self._own_data else tile, answer


ReadTileRequest = Callable[[str, bytes], tuple[TileServer, TileRequest]]
"""Reads the request for a tile from path and query string, as they came. Raises `GeoError`."""


def check_cost(columns: Columns, query: Query, limit: int) -> None:
    """Raises InvalidParameter where the query's windows hold more than `limit` incidents. Costs two look-ups for each."""
    rows = 0
    for selection in (query.selection, query.compare):
        if selection is not None:
            rows += count_ranges(columns.candidate_ranges(selection.window.start, selection.window.stop))
    if rows > limit:
        raise InvalidParameter("window", f"{rows} incidents would have to be counted", f"windows that hold {limit} or fewer", "too-large")


def _response(body: bytes, encoding: str, state: ReplicaState, request: TileRequest, fingerprint: Hashable) -> CachedTile:
    """Return a tile that has just been computed as a response. body: not compressed."""
    window, now = request.query.selection.window, request.query.selection.now
    tag = etag(body, encoding)
    cache_control = _CACHE_PAST if not window.relative and window.stop <= now else _CACHE_RELATIVE
    # Which origins may read the tile, middleware says; that it differs by origin, shared caches must know.
    headers = (b"etag", tag.encode()), (b"cache-control", cache_control), (b"vary", b"Accept-Encoding, Origin")
    compressed = COMPRESSORS[encoding](body) if body else b""
    content_type = CONTENT_TYPES[request.rendering.format].encode()
    body_headers: Headers = ((b"content-type", content_type), (b"content-length", str(len(compressed)).encode()))
    if encoding != "identity":
        body_headers += ((b"content-encoding", encoding.encode()),)
    return CachedTile(
        compressed, tag, HeaderBlock(headers + body_headers), HeaderBlock(headers), request,
        state.changes.revision, request.query.valid_until, fingerprint,
    )  # fmt: skip
