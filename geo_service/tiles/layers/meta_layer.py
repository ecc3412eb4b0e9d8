"""What a tile tells of itself on request: a layer of one point with its totals, and how the question was understood."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo_service.aggregation.arrays.kernels import CHANNELS
from geo_service.aggregation.selection.time_buckets import instant
from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import Tile
from geo_service.tiles.layers.base import TileRequest

NAME = "meta"


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """Of the features of a tile, each once: counts (features, 4), values of the measure, incidents in the compared window."""

    counts: NDArray[np.int32]
    values: NDArray[Any]
    compared: NDArray[np.int32] | None = None


def resolved_query(request: TileRequest) -> dict[str, str]:
    """How the question was understood: measure, class breaks and windows."""
    about = {"measure": request.measure.code, "breaks": str(request.division)}
    for prefix, selection in (("", request.selection), ("compare_", request.compare)):
        if selection is not None:
            about |= {f"{prefix}from": instant(selection.window.start), f"{prefix}to": instant(selection.window.stop)}
    return about


def totals(request: TileRequest, numbers: Numbers) -> dict[str, Any]:
    """The one feature's properties, those of `properties.META` that there are."""
    sums = numbers.counts.sum(axis=0, dtype=np.int64).tolist()
    known = numbers.values[np.isfinite(numbers.values)]
    return {
        "features": len(numbers.counts),
        **dict(zip(CHANNELS[:3], sums[:3], strict=True)),
        **({} if numbers.compared is None else {"n0": int(numbers.compared.sum(dtype=np.int64))}),
        **({"min": known.min().item(), "max": known.max().item()} if len(known) else {}),
        **resolved_query(request),
        "revision": request.meta,
    }


def meta_layer(tile: Tile, properties: dict[str, Any]) -> bytes:
    """The layer as bytes of a vector tile: a point in the tile's middle."""
    x0, y0, x1, y1 = tile.box
    middle = mvt.Points(np.array([[(x0 + x1) // 2, (y0 + y1) // 2]], np.int32))
    columns: dict[str, mvt.Column] = {name: [value] if isinstance(value, str) else np.array([value]) for name, value in properties.items()}
    return mvt.encode_layer(NAME, np.zeros(1, np.uint64), middle, columns, tile)
