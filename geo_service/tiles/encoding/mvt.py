"""A Mapbox Vector Tile 2.1 encoder that works on arrays: a layer of thousands of features in one compiled pass.

A tile is the concatenation of its encoded layers. Property values are written once a layer and referred to;
the same arrays give the same bytes.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from geo_service.tiles.encoding import value_table
from geo_service.tiles.encoding.grid import EXTENT, WORLD_BITS, Tile
from geo_service.tiles.encoding.value_table import ABSENT, ValueTable
from geo_service.tiles.encoding.varints import VARINT_MOST, delimited, put_varint, varint

VERSION = 2
_EXTENT_BITS = EXTENT.bit_length() - 1

# Fields of the specification's protobuf messages, number << 3 | wire type (0 varint, 1 eight bytes, 2 length-delimited).
_TILE_LAYER = 3 << 3 | 2
_LAYER_NAME, _LAYER_FEATURE, _LAYER_KEY = 1 << 3 | 2, 2 << 3 | 2, 3 << 3 | 2
_LAYER_EXTENT, _LAYER_VERSION = 5 << 3, 15 << 3
_FEATURE_ID, _FEATURE_TAGS, _FEATURE_TYPE, _FEATURE_GEOMETRY = 1 << 3, 2 << 3 | 2, 3 << 3, 4 << 3 | 2

_POINT, _POLYGON = 1, 3
_MOVE_TO, _LINE_TO, _CLOSE_PATH = 1, 2, 7

_VARINT32_MOST = 5

Column = value_table.Column
"""A value for each feature."""


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


def encode_layer(name: str, ids: NDArray[np.uint64], geometry: Geometry, properties: dict[str, Column], tile: Tile) -> bytes:
    """Return one layer as bytes of a tile, its features in the order given.

    properties: for each key a value for every feature: integers that fit int64, booleans, floats (written as doubles) or
    strings; `DictionaryColumn` where few strings repeat, `StringColumn` where nearly all differ: both many times
    faster than a list.
    A feature lacks a property whose value is NaN or masked.
    """
    table = ValueTable(list(properties.values()), len(ids))
    tags = table.tags
    commands, offsets = geometry.commands(tile)
    body = bytearray()
    body += delimited(_LAYER_NAME, name.encode())
    # Room for the most that features can take: four fields and the type, then each number of tags and geometry.
    room = len(ids) * (4 * (1 + VARINT_MOST) + 1) + (commands.size + tags.size) * _VARINT32_MOST
    buffer = np.empty(room, np.uint8)
    written = _write_features(buffer, ids.astype(np.uint64), tags, np.uint64(geometry.kind), commands, offsets)
    body += buffer[:written].tobytes()
    for key in properties:
        body += delimited(_LAYER_KEY, key.encode())
    body += table.entries
    body += varint(_LAYER_EXTENT) + varint(EXTENT) + varint(_LAYER_VERSION) + varint(VERSION)
    return delimited(_TILE_LAYER, bytes(body))


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
        if tags[j + 1] != ABSENT:
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
    head = np.empty(1 + VARINT_MOST, np.uint8)
    scratch = np.empty(2 * VARINT_MOST, np.uint8)
    for i in range(len(ids)):
        shape = commands[offsets[i] : offsets[i + 1]]
        present = tags[i, : _present(tags[i])]
        tag_size, shape_size = _size(present), _size(shape)
        head[0] = _FEATURE_ID
        head_size = put_varint(head, 1, ids[i])
        lengths = put_varint(scratch, put_varint(scratch, 0, np.uint64(tag_size)), np.uint64(shape_size))
        # Behind the id: tags (field, length, body), type (field, value), geometry (field, length, body).
        at = put_varint(out, at, np.uint64(_LAYER_FEATURE))
        at = put_varint(out, at, np.uint64(head_size + lengths + tag_size + shape_size + 4))
        for j in range(head_size):
            out[at + j] = head[j]
        at = put_varint(out, at + head_size, np.uint64(_FEATURE_TAGS))
        at = put_varint(out, at, np.uint64(tag_size))
        for tag in present:
            at = put_varint(out, at, np.uint64(tag))
        at = put_varint(out, at, np.uint64(_FEATURE_TYPE))
        at = put_varint(out, at, kind)
        at = put_varint(out, at, np.uint64(_FEATURE_GEOMETRY))
        at = put_varint(out, at, np.uint64(shape_size))
        for command in shape:
            at = put_varint(out, at, np.uint64(command))
    return at
