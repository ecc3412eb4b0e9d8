"""Checks a whole archive: every directory, and that tiles from all over it are vector tiles of the layers it names."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from pmtiles.tile import Entry, tileid_to_zxy

from geo_service.basemap.archive import Archive
from geo_service.basemap.schema import Schema, recognize_schema, vector_layers
from geo_service.core.errors import InputError

_SAMPLE = 200
"""Tiles that are decoded, evenly spread over the entries."""
_LAYERS, _NAME = 3, 1
"""Protocol buffer fields: a tile's layers, and a layer's name."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
"""Wire types of Protocol Buffers."""


@dataclass(frozen=True, slots=True)
class CheckedArchive:
    """What a check has found. tiles: addressed, as many as the directories say. layers: seen in the sample of tiles."""

    schema: Schema
    tiles: int
    layers: frozenset[str]


def check_archive(archive: Archive) -> CheckedArchive:
    """Check an archive. Raises InputError that names the file and what is wrong with it."""
    try:
        schema = recognize_schema(archive.metadata)
        entries = _ordered_entries(archive)
        listed = {str(layer.get("id")) for layer in vector_layers(archive.metadata)}
        seen = frozenset(name for entry in entries[:: max(len(entries) // _SAMPLE, 1)] for name in _layers_of(archive, entry))
    except InputError as error:
        raise InputError(f"cannot use {archive.path.name}: {error}") from None
    except (EOFError, ValueError, OSError, zlib.error, IndexError):
        raise InputError(f"cannot use {archive.path.name}: a directory is damaged") from None
    if not seen & listed:
        raise InputError(f"cannot use {archive.path.name}: none of {_SAMPLE} tiles has a layer that its metadata list")
    return CheckedArchive(schema, sum(entry.run_length for entry in entries), seen)


def _entries(archive: Archive, directory: list[Entry], depth: int) -> Iterator[Entry]:
    """Yield the entries of tiles below a directory."""
    if depth > 3:
        raise InputError("its directories are nested too deeply")
    for entry in directory:
        if entry.run_length:
            archive.tile_data.at(entry)
            yield entry
        else:
            yield from _entries(archive, archive.leaf(entry), depth + 1)


def _ordered_entries(archive: Archive) -> list[Entry]:
    """Return the entries of all tiles. Raises InputError where there are none, or where they overlap."""
    entries = list(_entries(archive, archive.root, depth=0))
    if not entries:
        raise InputError("it has no tiles")
    end = 0
    for entry in entries:
        if entry.tile_id < end:
            raise InputError("its directories are not in the order of tile ids: they overlap")
        end = entry.tile_id + entry.run_length
    return entries


def _layers_of(archive: Archive, entry: Entry) -> set[str]:
    """Return the names of the layers in a tile."""
    body = archive.read(*archive.tile_data.at(entry))
    try:
        return layer_names(gzip.decompress(body) if archive.gzipped else body)
    except (OSError, EOFError, ValueError, IndexError, zlib.error):
        place = "/".join(map(str, tileid_to_zxy(entry.tile_id)))
        raise InputError(f"tile {place} is no vector tile{' compressed with gzip' if archive.gzipped else ''}") from None


def layer_names(tile: bytes) -> set[str]:
    """Return the names of the layers of an uncompressed vector tile. Raises ValueError or IndexError where it is none."""
    return {
        name.decode()
        for field, layer in _fields(memoryview(tile)) if field == _LAYERS
        for inner, name in _fields(memoryview(layer)) if inner == _NAME
    }  # fmt: skip


def _fields(message: memoryview) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the fields with a length; others are passed over."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == _VARINT:
            _, at = _varint(message, at)
        elif kind == _BYTES:
            length, at = _varint(message, at)
            if at + length > len(message):
                raise ValueError("a field ends after its message")
            yield key >> 3, bytes(message[at : at + length])
            at += length
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"unknown wire type {kind}")


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """Return the number that begins there, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number is too long")
