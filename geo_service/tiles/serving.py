"""From a tile request to a tile ready to be sent: computed once, compressed, tagged and kept."""

from geo_service.aggregation.replica import Replica, State
from geo_service.tiles.cache import CachedTile, Key, SingleFlight, TileCache
from geo_service.tiles.forms import CONTENT_TYPES
from geo_service.tiles.layer import TileLayer, TileRequest
from geo_service.tiles.negotiation import compress, etag

_CACHE_RELATIVE = "public, max-age=5, stale-while-revalidate=30"
"""A relative window moves on, and new incidents belong to it."""
_CACHE_PAST = "public, max-age=300, stale-while-revalidate=3600"
"""A window that has ended changes only by late arrivals and by status."""


def cache_control(ended: bool) -> str:
    """How long others may keep an answer, for a window that has or has not ended."""
    return _CACHE_PAST if ended else _CACHE_RELATIVE


class TileServer:
    """Answers tile requests of one layer from the cache or the replica."""

    def __init__(self, replica: Replica, layer: TileLayer, cache: TileCache) -> None:
        self._replica = replica
        self.layer = layer
        self._cache = cache
        self._flight: SingleFlight[CachedTile] = SingleFlight()

    async def answer(self, key: Key, request: TileRequest, valid_until: float) -> CachedTile:
        """The tile for `key`, computed now. `valid_until`: how long the key's words ask this request."""
        revision = self._replica.revision

        async def compute() -> CachedTile:
            tile = await self._replica.ask(self._make, request, key[2], revision, valid_until)
            self._cache.put(key, tile)
            return tile

        return await self._flight.do((key, revision, request), compute)

    def _make(self, state: State, request: TileRequest, encoding: str, revision: int, valid_until: float) -> CachedTile:
        plain = self.layer.encode(state, request)
        body = compress(plain, encoding) if plain else b""
        tag = etag(plain, encoding)
        window = request.selection.window
        ended = not window.relative and window.stop <= request.selection.now
        headers = _headers(body, tag, encoding, cache_control(ended), CONTENT_TYPES[request.form])
        return CachedTile(body, tag, tuple(headers), revision, valid_until)


def _headers(body: bytes, tag: str, encoding: str, control: str, content_type: str) -> list[tuple[bytes, bytes]]:
    headers = [(b"etag", tag.encode()), (b"cache-control", control.encode()), (b"vary", b"Accept-Encoding")]
    if body:
        headers += [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
    return headers
