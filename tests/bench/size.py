"""What the bytes of a tile are made of: about two thousand hexagons, encoded with less and less in them."""

import brotli
import numpy as np
import zstandard

from geo_service.aggregation.measures.query import Query
from geo_service.aggregation.selection.selection import Selection
from geo_service.http.headers import COMPRESSORS
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import feature_id
from geo_service.tiles.layers.base import TileRequest
from geo_service.tiles.layers.hexes import NAME, HexLayer, HexTile
from tests.bench.bench import YEAR, Bench
from tests.bench.busy import BusyTiles
from tests.bench.report import Row

_HEXAGONS = 2000
_MOST_BYTES = 35_000
_SLOW_ZSTD, _SLOW_BROTLI = 19, 11


async def measure(bench: Bench) -> None:
    """The tile as it is served, and what is left of it without one part after the other."""
    state, window = await bench.state(), bench.window(YEAR)
    layer = HexLayer()
    layer.refresh(state.pyramid)
    tile = BusyTiles(state, window).nearest(_HEXAGONS)
    request = TileRequest(tile, Query(Selection(window, bench.until)))
    drawn = layer.contents(state, request)
    for name, body in _poorer_and_poorer(drawn, layer.encode(state, request).body).items():
        sent = {encoding: len(COMPRESSORS[encoding](body)) for encoding in ("zstd", "br", "gzip")}
        slow = len(zstandard.ZstdCompressor(level=_SLOW_ZSTD).compress(body)), len(brotli.compress(body, quality=_SLOW_BROTLI))
        figure = "  ".join([f"plain {len(body) / 1000:.1f}", *(f"{encoding} {size / 1000:.1f}" for encoding, size in sent.items())])
        beside = f"zstd {_SLOW_ZSTD} {slow[0] / 1000:.1f}  br {_SLOW_BROTLI} {slow[1] / 1000:.1f} kB"
        served = name == "as served"
        target, met = ("zstd ≤ 35 kB", sent["zstd"] <= _MOST_BYTES) if served else ("", None)
        row = Row("size", f"{len(drawn.cells):,} hexagons, {name}", f"{figure} kB", beside, target=target, met=met)
        bench.report.add(row, **{f"{name}, {encoding}": size for encoding, size in sent.items()})


def _poorer_and_poorer(drawn: HexTile, served: bytes) -> dict[str, bytes]:
    ids, nameless = feature_id(drawn.cells), np.zeros(len(drawn.cells), np.uint64)
    two = {name: drawn.columns[name] for name in ("n", "class")}
    return {
        "as served": served,
        "without open and overdue": mvt.encode_layer(NAME, ids, drawn.shapes, two, drawn.tile),
        "without ids as well": mvt.encode_layer(NAME, nameless, drawn.shapes, two, drawn.tile),
        "outlines alone": mvt.encode_layer(NAME, nameless, drawn.shapes, {}, drawn.tile),
    }
