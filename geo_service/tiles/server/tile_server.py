"""From a tile request to a tile ready to be sent: computed once, compressed, tagged and kept."""

from collections.abc import Sequence
from dataclasses import replace

from geo_service.aggregation.columns.columns import Columns
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.aggregation.selection.selection import Selection
from geo_service.core.errors import InvalidParameter
from geo_service.http.negotiation import compress, etag
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.layers.base import TileLayer, TileRequest
from geo_service.tiles.server.cache import CachedTile, Key, SingleFlight, TileCache
from geo_service.tiles.server.revalidation import LocallyCacheable, revalidate

_ROWS_LIMIT = 200_000_000

_CACHE_RELATIVE = "public, max-age=5, stale-while-revalidate=30"
"""A relative window moves on, and new incidents belong to it."""
_CACHE_PAST = "public, max-age=300, stale-while-revalidate=3600"
"""A window that has ended changes only by late arrivals and by status."""


def cache_control(ended: bool) -> str:
    """How long others may keep an answer, for a window that has or has not ended."""
    return _CACHE_PAST if ended else _CACHE_RELATIVE


def check_cost(columns: Columns, selections: Sequence[Selection], limit: int) -> None:
    """Raises InvalidParameter where the selections' windows hold more than `limit` incidents. Costs two look-ups each."""
    windows = (selection.window for selection in selections)
    rows = sum(high - low for window in windows for (low, high), _ in columns.candidate_ranges(window.start, window.stop))
    if rows > limit:
        raise InvalidParameter("window", f"{rows} incidents would have to be counted", f"windows that hold {limit} or fewer")


class TileServer:
    """Answers tile requests of one layer from the cache or the replica."""

    def __init__(self, replica: Replica, layer: TileLayer, cache: TileCache, rows_limit: int = _ROWS_LIMIT) -> None:
        """rows_limit: incidents that one tile may have to be counted from."""
        self._replica = replica
        self._rows_limit = rows_limit
        self.layer = layer
        self._local = layer if isinstance(layer, LocallyCacheable) else None
        self._cache = cache
        self._flight: SingleFlight[CachedTile] = SingleFlight()

    async def answer(self, key: Key, request: TileRequest, valid_until: float) -> CachedTile:
        """The tile for `key`, made now unless an earlier one still holds. `valid_until`: how long the key's words ask this request."""

        async def compute() -> CachedTile:
            tile = await self._replica.run(self._renew, request, key[2], valid_until, self._cache.peek(key))
            self._cache.put(key, tile)
            return tile

        return await self._flight.run((key, self._replica.revision, request), compute)

    def _renew(
        self, state: ReplicaState, request: TileRequest, encoding: str, valid_until: float, earlier: CachedTile | None
    ) -> CachedTile:
        until = revalidate(self.layer, state, request, earlier, valid_until) if earlier else None
        if earlier is None or until is None:
            return self._make(state, request, encoding, valid_until)
        return replace(earlier, request=request, revision=state.revision, valid_until=until)

    def _make(self, state: ReplicaState, request: TileRequest, encoding: str, valid_until: float) -> CachedTile:
        check_cost(state.columns, request.selections, self._rows_limit)
        plain = self.layer.encode(state, request)
        body = compress(plain, encoding) if plain else b""
        tag = etag(plain, encoding)
        window = request.selection.window
        ended = not window.relative and window.stop <= request.selection.now
        fingerprint = self._local.fingerprint(state, request) if self._local else None
        headers = tuple(_headers(body, tag, encoding, cache_control(ended), CONTENT_TYPES[request.form]))
        return CachedTile(body, tag, headers, request, state.revision, valid_until, fingerprint)


def _headers(body: bytes, tag: str, encoding: str, control: str, content_type: str) -> list[tuple[bytes, bytes]]:
    headers = [(b"etag", tag.encode()), (b"cache-control", control.encode()), (b"vary", b"Accept-Encoding")]
    if body:
        headers += [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
    return headers
