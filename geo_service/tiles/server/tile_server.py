"""From a tile request to a response: computed once, compressed, with its ETag, and cached."""

from collections.abc import Sequence
from dataclasses import replace

from geo_service.aggregation.arrays.parallel import count_ranges
from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.errors import InvalidParameter
from geo_service.http.negotiation import compress, etag
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.layers.base import TileLayer, TileRequest
from geo_service.tiles.server.cache import CachedTile, Headers, Key, SingleFlight, TileCache
from geo_service.tiles.server.revalidation import revalidate

_ROWS_LIMIT = 200_000_000
"""Incidents: at 4 ns each, what counting takes at most, 0.8 s. The default of GEO_TILE_ROWS_LIMIT."""

_CACHE_RELATIVE = "public, max-age=5, stale-while-revalidate=30"
"""A relative window moves on, and new incidents belong to it."""
_CACHE_PAST = "public, max-age=300, stale-while-revalidate=3600"
"""A window that has ended changes only by late arrivals and by status."""


def cache_control(ended: bool) -> str:
    """Return how long other caches may keep a response, for a window that has or has not ended."""
    return _CACHE_PAST if ended else _CACHE_RELATIVE


def check_cost(columns: Columns, selections: Sequence[Selection], limit: int) -> None:
    """Raises InvalidParameter where the selections' windows hold more than `limit` incidents. Costs two look-ups each."""
    rows = 0
    for selection in selections:
        rows += count_ranges(columns.candidate_ranges(selection.window.start, selection.window.stop))
    if rows > limit:
        raise InvalidParameter("window", f"{rows} incidents would have to be counted", f"windows that hold {limit} or fewer")


class TileServer:
    """Answers tile requests of one layer from the cache or the replica."""

    def __init__(self, replica: Replica, layer: TileLayer, cache: TileCache, rows_limit: int = _ROWS_LIMIT) -> None:
        """rows_limit: incidents that one tile may have to be counted from."""
        self._replica = replica
        self._rows_limit = rows_limit
        self.layer = layer
        self._cache = cache
        self._flight: SingleFlight[CachedTile] = SingleFlight()

    async def render(self, key: Key, request: TileRequest) -> CachedTile:
        """Return the tile for `key`, computed unless the cached one is still valid; identical requests share one computation."""

        async def compute() -> CachedTile:
            tile = await self._replica.run(self._compute, request, key[2], self._cache.peek(key))
            self._cache.put(key, tile, tile.revision)
            return tile

        return await self._flight.run((key, self._replica.revision, request), compute)

    def _compute(self, state: ReplicaState, request: TileRequest, encoding: str, cached: tuple[CachedTile, int] | None) -> CachedTile:
        """Return the cached tile where it is still valid, else a new one. Called on the replica's thread.

        cached: with the revision at which it was last known to be valid.
        """
        if cached is not None:
            earlier = replace(cached[0], revision=cached[1])
            until = revalidate(self.layer, state, request, earlier)
            if until is not None:
                return replace(earlier, request=request, revision=state.changes.revision, valid_until=until)
        check_cost(state.columns, request.query.selections, self._rows_limit)
        encoded = self.layer.encode(state, request)
        body = compress(encoded.body, encoding) if encoded.body else b""
        tag = etag(encoded.body, encoding)
        return CachedTile(
            body, tag, _headers(tag, request), _body_headers(body, encoding, request), request, state.changes.revision,
            request.query.valid_until, encoded.fingerprint,
        )  # fmt: skip


def _headers(tag: str, request: TileRequest) -> Headers:
    selection = request.query.selection
    ended = not selection.window.relative and selection.window.stop <= selection.now
    # What differs by origin is who may read the tile: middleware says so, and shared caches must know.
    return (b"etag", tag.encode()), (b"cache-control", cache_control(ended).encode()), (b"vary", b"Accept-Encoding, Origin")


def _body_headers(body: bytes, encoding: str, request: TileRequest) -> Headers:
    content_type = CONTENT_TYPES[request.rendering.format].encode()
    headers = ((b"content-type", content_type), (b"content-length", str(len(body)).encode()))
    return headers if encoding == "identity" else (*headers, (b"content-encoding", encoding.encode()))
