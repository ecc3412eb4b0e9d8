"""A Mapbox Vector Tile 2.1 encoder that works on arrays: a layer of thousands of features in one compiled pass.

A tile is the concatenation of its encoded layers. Property values are written once a layer and referred to;
the same arrays give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.tiles.encoding.grid import EXTENT, WORLD_BITS, Tile
from geo_service.tiles.encoding.string_columns import DictionaryColumn, StringColumn

VERSION = 2
_EXTENT_BITS = EXTENT.bit_length() - 1

# Fields of the specification's protobuf messages, number << 3 | wire type (0 varint, 1 eight bytes, 2 length-delimited).
_TILE_LAYER = 3 << 3 | 2
_LAYER_NAME, _LAYER_FEATURE, _LAYER_KEY, _LAYER_VALUE = 1 << 3 | 2, 2 << 3 | 2, 3 << 3 | 2, 4 << 3 | 2
_LAYER_EXTENT, _LAYER_VERSION = 5 << 3, 15 << 3
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = 1 << 3, 2 << 3 | 2, 3 << 3, 4 << 3 | 2
_VALUE_STRING, _VALUE_DOUBLE, _VALUE_UINT, _VALUE_SINT, _VALUE_BOOL = 1 << 3 | 2, 3 << 3 | 1, 5 << 3, 6 << 3, 7 << 3

_POINT, _POLYGON = 1, 3
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7

_ABSENT = 0xFFFFFFFF
"""In place of a value's index: the feature lacks the property."""

_VARINT_MOST = 10
"""Bytes of a varint of 64 bits, seven bits in each."""
_VARINT32_MOST = 5

_TEXTS_CACHED = 10_000
"""Encoded texts: codes, names and days are the same in most tiles."""

_WIDEST_TABLE = 1 << 15
"""Span of integers up to which a table, 32 kB, is faster than sorting the few thousand of a layer."""


class Geometry(Protocol):
    """Geometry of one kind, one for each feature."""

    @property
    def kind(self) -> int:
        """The specification's geometry type."""
        ...

    def __len__(self) -> int: ...

    def commands(self, tile: Tile) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return the command integers of all features one after the other, and (features + 1,) offsets into them."""
        ...


@dataclass(frozen=True, slots=True)
class Polygons:
    """One ring a feature. vertices: (v, 2) int32 world units; offsets: (rings + 1,); rings: which to draw; shifts: added to x."""

    vertices: NDArray[np.int32]
    offsets: NDArray[np.uint32]
    rings: NDArray[np.intp]
    shifts: NDArray[np.int32]
    kind: int = _POLYGON

    def __len__(self) -> int:
        return len(self.rings)

    def commands(self, tile: Tile) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return MoveTo, LineTo and ClosePath of each ring. One smaller than a unit collapses: layers choose cells that a zoom can show."""
        sizes = self.offsets[self.rings + 1].astype(np.int64) - self.offsets[self.rings]
        # MoveTo and its point, LineTo and the other points, ClosePath.
        offsets = np.concatenate([[0], np.cumsum(2 * sizes + 3)])
        out = np.empty(int(offsets[-1]), np.uint32)
        _ring_commands(out, self.vertices, self.offsets, self.rings, self.shifts, *_origin_and_shift(tile))
        return out, offsets


@dataclass(frozen=True, slots=True)
class Points:
    """One point a feature. coordinates: (features, 2) int32 world units."""

    coordinates: NDArray[np.int32]
    kind: int = _POINT

    def __len__(self) -> int:
        return len(self.coordinates)

    def commands(self, tile: Tile) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return MoveTo and the point of each feature."""
        out = np.full((len(self), 3), _MOVE_TO | 1 << 3, np.uint32)
        x0, y0, shift = _origin_and_shift(tile)
        for axis, origin in enumerate((x0, y0)):
            units = _to_tile(self.coordinates[:, axis].astype(np.int64), origin, shift).astype(np.int32)
            out[:, axis + 1] = ((units << 1) ^ (units >> 31)).astype(np.uint32)
        return out.ravel(), np.arange(len(self) + 1, dtype=np.int64) * 3


@dataclass(frozen=True, slots=True)
class MultiPolygons:
    """Any number of rings a feature: each outer ring, clockwise on the screen, and behind it its holes, the other way round.

    vertices: (v, 2) int64 tile units, the first of a ring not repeated at its end; offsets: (rings + 1,) into them;
    features: (features + 1,) into the rings. No ring has fewer than three vertices (`clipping.clean_rings` makes such).
    """

    vertices: NDArray[np.int64]
    offsets: NDArray[np.int64]
    features: NDArray[np.int64]
    kind: int = _POLYGON

    def __len__(self) -> int:
        return len(self.features) - 1

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        return self.vertices.nbytes + self.offsets.nbytes + self.features.nbytes

    def commands(self, tile: Tile) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """Return MoveTo, LineTo and ClosePath of each ring, whose first step is from the last vertex of the feature's ring before it."""
        sizes = np.diff(self.offsets)
        starts = np.concatenate([[0], np.cumsum(2 * sizes + 3)])
        out = np.empty(int(starts[-1]), np.uint32)
        steps = np.diff(self.vertices, axis=0, prepend=np.zeros((1, 2), np.int64))
        first = self.offsets[self.features[:-1]]
        steps[first] = self.vertices[first]
        inside = np.arange(len(steps)) - np.repeat(self.offsets[:-1], sizes)
        positions = np.repeat(starts[:-1], sizes) + 1 + 2 * inside + (inside > 0)
        for axis in range(2):
            out[positions + axis] = ((steps[:, axis] << 1) ^ (steps[:, axis] >> 63)).astype(np.uint32)
        out[starts[:-1]] = _MOVE_TO | 1 << 3
        out[starts[:-1] + 3] = (_LINE_TO | (sizes - 1) << 3).astype(np.uint32)
        out[starts[1:] - 1] = _CLOSE_PATH | 1 << 3
        return out, starts[self.features]


Column = NDArray[Any] | Sequence[str] | DictionaryColumn | StringColumn


def encode_layer(name: str, ids: NDArray[np.uint64], geometry: Geometry, properties: dict[str, Column], tile: Tile) -> bytes:
    """Return one layer as bytes of a tile, its features in the order given.

    properties: for each key a value for every feature: integers that fit int64, booleans, floats (written as doubles) or
    strings; `DictionaryColumn` where few strings repeat, `StringColumn` where nearly all differ: both many times
    faster than a list.
    A feature lacks a property whose value is NaN or masked.
    """
    tags, values = _tags(properties, len(ids))
    commands, offsets = geometry.commands(tile)
    body = bytearray()
    body += _delimited(_LAYER_NAME, name.encode())
    # Room for the most that features can take: four fields and the type, then each number of tags and geometry.
    room = len(ids) * (4 * (1 + _VARINT_MOST) + 1) + (commands.size + tags.size) * _VARINT32_MOST
    buffer = np.empty(room, np.uint8)
    written = _write_features(buffer, ids.astype(np.uint64), tags, np.uint64(geometry.kind), commands, offsets)
    body += buffer[:written].tobytes()
    for key in properties:
        body += _delimited(_LAYER_KEY, key.encode())
    body += values
    body += _varint(_LAYER_EXTENT) + _varint(EXTENT) + _varint(_LAYER_VERSION) + _varint(VERSION)
    return _delimited(_TILE_LAYER, bytes(body))


def _tags(properties: dict[str, Column], features: int) -> tuple[NDArray[np.uint32], bytes]:
    """Return (features, 2 * keys) uint32 of key and value indexes, and the value table's bytes."""
    tags = np.empty((features, 2 * len(properties)), np.uint32)
    table = bytearray()
    first = 0
    for key, column in enumerate(properties.values()):
        absent = _absent(column)
        entries, distinct, index = _entries(column if absent is None else np.asarray(column)[~absent])
        tags[:, 2 * key] = key
        if absent is None:
            tags[:, 2 * key + 1] = index + first
        else:
            tags[~absent, 2 * key + 1] = index + first
            tags[absent, 2 * key + 1] = _ABSENT
        table += entries
        first += distinct
    return tags, bytes(table)


def _absent(column: Column) -> NDArray[np.bool_] | None:
    """Return which features lack the property; None where all have it."""
    if isinstance(column, np.ma.MaskedArray):
        missing = np.ma.getmaskarray(column)
    elif isinstance(column, np.ndarray) and column.dtype.kind == "f":
        missing = np.isnan(column)
    else:
        return None
    return missing if missing.any() else None


def _entries(column: Column) -> tuple[bytes, int, NDArray[np.intp]]:
    """Return a column's entries of the value table, how many they are, and which of them each feature has."""
    if isinstance(column, DictionaryColumn):
        used, index = _distinct(column.index.astype(np.int64))
        return b"".join(_text_entry(column.texts[number]) for number in used.tolist()), len(used), index
    if isinstance(column, StringColumn):
        buffer = np.empty(len(column.buffer) + len(column) * (2 + 2 * _VARINT_MOST), np.uint8)
        return buffer[: _write_texts(buffer, column.buffer, column.offsets)].tobytes(), len(column), np.arange(len(column))
    values = np.asarray(column)
    if values.dtype.kind == "U":
        # Not by NumPy, which cuts off null characters at the end of a text.
        index_of: dict[str, int] = {}
        index = np.fromiter((index_of.setdefault(text, len(index_of)) for text in column), np.intp, len(values))
        return b"".join(_text_entry(text) for text in index_of), len(index_of), index
    if values.dtype.kind == "b":
        booleans, index = np.unique(values, return_inverse=True)
        return b"".join(_delimited(_LAYER_VALUE, bytes((_VALUE_BOOL, value))) for value in booleans.tolist()), len(booleans), index
    if values.dtype.kind == "f":
        reals, index = np.unique(values.astype(np.float64), return_inverse=True)
        head = _varint(_VALUE_DOUBLE)
        return b"".join(_delimited(_LAYER_VALUE, head + real.tobytes()) for real in reals), len(reals), index
    whole, index = _distinct(values.astype(np.int64, casting="safe"))
    buffer = np.empty(len(whole) * (3 + _VARINT_MOST), np.uint8)
    return buffer[: _write_whole(buffer, whole)].tobytes(), len(whole), index


@lru_cache(maxsize=_TEXTS_CACHED)
def _text_entry(text: str) -> bytes:
    return _delimited(_LAYER_VALUE, _delimited(_VALUE_STRING, text.encode()))


def _distinct(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return what `np.unique` does with `return_inverse`, without sorting where the values lie close together, as counts do."""
    least = values.min(initial=0)
    span = int(values.max(initial=0)) - int(least) + 1
    if span > _WIDEST_TABLE:
        return np.unique(values, return_inverse=True)
    seen = np.zeros(span, np.bool_)
    seen[values - least] = True
    return np.flatnonzero(seen) + least, (np.cumsum(seen) - 1)[values - least]


def _delimited(field: int, body: bytes) -> bytes:
    return _varint(field) + _varint(len(body)) + body


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _origin_and_shift(tile: Tile) -> tuple[int, int, int]:
    """Return the tile's x0 and y0 in world units, and by how many bits these are finer than tile units."""
    size_bits = WORLD_BITS - tile.z
    return tile.x << size_bits, tile.y << size_bits, size_bits - _EXTENT_BITS


def _to_tile(world: NDArray[np.int64], origin: int, shift: int) -> NDArray[np.int64]:
    """Return world units as tile units, rounded half up: the same vertex always lands on the same unit."""
    return (world - origin + ((1 << shift) >> 1)) >> shift


@njit(nogil=True, cache=True)
def _ring_commands(
    out: NDArray[np.uint32], vertices: NDArray[np.int32], offsets: NDArray[np.uint32], rings: NDArray[np.intp],
    shifts: NDArray[np.int32], x0: int, y0: int, shift: int,
) -> None:  # fmt: skip
    half = (1 << shift) >> 1
    at = 0
    for i in range(len(rings)):
        low, high = offsets[rings[i]], offsets[rings[i] + 1]
        x = y = np.int64(0)
        for j in range(low, high):
            if j == low:
                out[at] = _MOVE_TO | 1 << 3
                at += 1
            elif j == low + 1:
                out[at] = _LINE_TO | np.uint32(high - low - 1) << 3
                at += 1
            px = (np.int64(vertices[j, 0]) + shifts[i] - x0 + half) >> shift
            py = (np.int64(vertices[j, 1]) - y0 + half) >> shift
            dx, dy = px - x, py - y
            out[at] = np.uint32(((dx << 1) ^ (dx >> 63)) & 0xFFFFFFFF)
            out[at + 1] = np.uint32(((dy << 1) ^ (dy >> 63)) & 0xFFFFFFFF)
            at += 2
            x, y = px, py
        out[at] = _CLOSE_PATH | 1 << 3
        at += 1


@njit(nogil=True, cache=True)
def _put(out: NDArray[np.uint8], at: int, value: np.uint64) -> int:
    """Write a varint; return the position behind it."""
    while value > 0x7F:
        out[at] = np.uint8(value & np.uint64(0x7F) | np.uint64(0x80))
        value >>= np.uint64(7)
        at += 1
    out[at] = np.uint8(value)
    return at + 1


@njit(nogil=True, cache=True)
def _write_whole(out: NDArray[np.uint8], values: NDArray[np.int64]) -> int:
    """Write value-table entries of whole numbers, negative ones in zigzag; return the number of bytes."""
    at = 0
    for value in values:
        out[at] = _LAYER_VALUE
        out[at + 2] = _VALUE_SINT if value < 0 else _VALUE_UINT
        end = _put(out, at + 3, np.uint64((value << 1) ^ (value >> 63) if value < 0 else value))
        out[at + 1] = end - at - 2
        at = end
    return at


@njit(nogil=True, cache=True)
def _write_texts(out: NDArray[np.uint8], texts: NDArray[np.uint8], offsets: NDArray[np.int64]) -> int:
    """Write a value-table entry for each text; return the number of bytes."""
    at = 0
    for i in range(len(offsets) - 1):
        low, high = offsets[i], offsets[i + 1]
        size = np.uint64(high - low)
        head = 2
        while size > 0x7F:
            size >>= np.uint64(7)
            head += 1
        out[at] = _LAYER_VALUE
        at = _put(out, at + 1, np.uint64(head + high - low))
        out[at] = _VALUE_STRING
        at = _put(out, at + 1, np.uint64(high - low))
        for j in range(low, high):
            out[at] = texts[j]
            at += 1
    return at


@njit(nogil=True, cache=True)
def _size(values: NDArray[np.uint32]) -> int:
    """Return the bytes that the values take as varints."""
    size = 0
    for value in values:
        size += 1 + (value > 0x7F) + (value > 0x3FFF) + (value > 0x1FFFFF) + (value > 0xFFFFFFF)
    return size


@njit(nogil=True, cache=True)
def _present(tags: NDArray[np.uint32]) -> int:
    """Move the pairs of properties that the feature has to the front; return how many numbers they are."""
    kept = 0
    for j in range(0, len(tags), 2):
        if tags[j + 1] != _ABSENT:
            tags[kept], tags[kept + 1] = tags[j], tags[j + 1]
            kept += 2
    return kept


@njit(nogil=True, cache=True)
def _write_features(
    out: NDArray[np.uint8], ids: NDArray[np.uint64], tags: NDArray[np.uint32], kind: np.uint64, commands: NDArray[np.uint32],
    offsets: NDArray[np.int64],
) -> int:  # fmt: skip
    """Write all features as fields of a layer; return the number of bytes. Tags are moved within their rows."""
    at = 0
    head = np.empty(1 + _VARINT_MOST, np.uint8)
    scratch = np.empty(2 * _VARINT_MOST, np.uint8)
    for i in range(len(ids)):
        shape = commands[offsets[i] : offsets[i + 1]]
        present = tags[i, : _present(tags[i])]
        tag_size, shape_size = _size(present), _size(shape)
        head[0] = _FEATURE_ID
        head_size = _put(head, 1, ids[i])
        lengths = _put(scratch, _put(scratch, 0, np.uint64(tag_size)), np.uint64(shape_size))
        # Behind the id: tags (field, length, body), type (field, value), geometry (field, length, body).
        at = _put(out, at, np.uint64(_LAYER_FEATURE))
        at = _put(out, at, np.uint64(head_size + lengths + tag_size + shape_size + 4))
        for j in range(head_size):
            out[at + j] = head[j]
        at = _put(out, at + head_size, np.uint64(_FEATURE_TAGS))
        at = _put(out, at, np.uint64(tag_size))
        for tag in present:
            at = _put(out, at, np.uint64(tag))
        at = _put(out, at, np.uint64(_FEATURE_TYPE))
        at = _put(out, at, kind)
        at = _put(out, at, np.uint64(_FEATURE_GEOMETRY))
        at = _put(out, at, np.uint64(shape_size))
        for command in shape:
            at = _put(out, at, np.uint64(command))
    return at
