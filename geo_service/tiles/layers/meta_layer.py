"""The layer `meta`: one point with the tile's totals and the resolved query, for clients that ask for it."""

from typing import Any

import numpy as np

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.measures.level_values import LevelValues
from geo_service.core.instants import format_instant
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.base import TileRequest

NAME = "meta"


def resolved_query(request: TileRequest) -> dict[str, str]:
    """Return how the query was resolved: measure, classification and windows."""
    query = request.query
    about = {"measure": query.measure.code, "breaks": str(request.rendering.classifier)}
    for prefix, selection in (("", query.selection), ("compare_", query.compare)):
        if selection is not None:
            about |= {f"{prefix}from": format_instant(selection.window.start), f"{prefix}to": format_instant(selection.window.stop)}
    return about


def totals(request: TileRequest, numbers: LevelValues) -> dict[str, Any]:
    """Return the one feature's properties, those of `property_docs.META` that exist. numbers: of the tile's features, each once."""
    sums = numbers.counts.sum(axis=0, dtype=np.int64).tolist()
    known = numbers.values[np.isfinite(numbers.values)]
    return {
        "features": len(numbers),
        **dict(zip(CHANNELS[:3], sums[:3], strict=True)),
        **({} if numbers.compared is None else {"n0": int(numbers.compared.sum(dtype=np.int64))}),
        **({"min": known.min().item(), "max": known.max().item()} if len(known) else {}),
        **resolved_query(request),
        "revision": request.revision,
    }


def meta_layer(tile: Tile, properties: dict[str, Any]) -> bytes:
    """Return the layer as bytes of a vector tile: a point in the tile's middle."""
    x0, y0, x1, y1 = tile.box
    middle = mvt.Points(np.array([[(x0 + x1) // 2, (y0 + y1) // 2]], np.int32))
    columns: dict[str, mvt.Column] = {name: [value] if isinstance(value, str) else np.array([value]) for name, value in properties.items()}
    return mvt.encode_layer(NAME, np.zeros(1, np.uint64), middle, columns, tile)
