"""The hexagons of a tile as a vector tile, as JSON rows, and as an Arrow stream."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import nanoarrow as na
import numpy as np
import orjson
from nanoarrow.ipc import StreamWriter
from numpy.typing import NDArray

from geo_service.tiles.encoding import mvt
from geo_service.tiles.encoding.grid import Tile, feature_id
from geo_service.tiles.encoding.string_columns import DictionaryColumn, StringColumn, h3_texts
from geo_service.tiles.layers.meta_layer import meta_layer

NAME = "hexes"


@dataclass(frozen=True, slots=True, eq=False)
class HexTile:
    """The contents of a tile: one entry a hexagon, in H3 order."""

    tile: Tile
    cells: NDArray[np.uint64]
    shapes: mvt.Polygons
    columns: dict[str, mvt.Column]
    """By name; a real number that does not exist is NaN."""
    about: dict[str, str]
    """How the query was resolved, for formats that say so."""
    totals: dict[str, Any] = field(default_factory=dict)
    """The tile's totals, where they were asked for."""


@dataclass(frozen=True, slots=True)
class HexFormat:
    """A way to write a tile's hexagons."""

    write: Callable[[HexTile], bytes]
    whole: bool
    """Whether a hexagon that crosses the tile's edge is in the tiles on both sides; else it is in the one with its middle only."""
    describes_query: bool = False
    """Whether `HexTile.about` is written."""


def write_mvt(contents: HexTile) -> bytes:
    """A Mapbox Vector Tile: a layer of hexagons, and behind it `meta` where it was asked for."""
    body = mvt.encode_layer(NAME, feature_id(contents.cells), contents.shapes, contents.columns, contents.tile)
    return body + meta_layer(contents.tile, contents.totals) if contents.totals else body


def write_json(contents: HexTile) -> bytes:
    """A list of objects, `h3` as text, null for what does not exist; with totals an object of `meta` and `hexes`."""
    columns = {"h3": h3_texts(contents.cells)} | contents.columns
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*map(_plain, columns.values()), strict=True)]
    # NaN is written as null.
    return orjson.dumps({"meta": contents.totals, "hexes": rows} if contents.totals else rows)


def write_arrow(contents: HexTile) -> bytes:
    """An Arrow IPC stream of one batch, `h3` as uint64; the resolved query, and totals, as metadata of the schema."""
    columns: dict[str, mvt.Column] = {"h3": contents.cells} | {name: column for name, column in contents.columns.items() if name != "h3"}
    arrays = [_arrow(column) for column in columns.values()]
    fields = [na.Schema(array.schema, name=name) for name, array in zip(columns, arrays, strict=True)]
    about = {name: str(value) for name, value in {"layer": NAME, **contents.about, **contents.totals}.items()}
    schema = na.Schema(na.Type.STRUCT, fields=fields, nullable=False, metadata=about)
    batch = na.c_array_from_buffers(schema, len(contents.cells), [None], null_count=0, children=arrays)
    out = io.BytesIO()
    with StreamWriter.from_writable(out) as writer:
        writer.write_array(batch)
    return out.getvalue()


HEX_FORMATS = {
    "mvt": HexFormat(write_mvt, True),
    "json": HexFormat(write_json, False),
    "arrow": HexFormat(write_arrow, False, describes_query=True),
}


def _plain(column: mvt.Column) -> Sequence[Any]:
    if isinstance(column, StringColumn):
        return column.decode()
    if isinstance(column, DictionaryColumn):
        return [column.texts[index] for index in column.index.tolist()]
    return column.tolist() if isinstance(column, np.ndarray) else column


def _arrow(column: mvt.Column) -> Any:
    """A column as an Arrow array."""
    if isinstance(column, StringColumn):
        buffers = [None, column.offsets.astype(np.int32), column.buffer]
        return na.c_array_from_buffers(na.string(), len(column), buffers, null_count=0)
    values = np.ascontiguousarray(_plain(column) if isinstance(column, DictionaryColumn) else column)
    if values.dtype.kind == "b":
        return na.c_array_from_buffers(na.bool_(), len(values), [None, _bits(values)], null_count=0)
    if values.dtype.kind == "f":
        known = ~np.isnan(values)
        return na.c_array_from_buffers(na.float64(), len(values), [_bits(known), values], null_count=int(np.count_nonzero(~known)))
    return na.c_array(values)


def _bits(truths: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Eight to a byte, the least significant first."""
    return np.packbits(truths, bitorder="little")
