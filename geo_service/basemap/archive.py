"""Reads tiles of a PMTiles archive, version 3 (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md)."""

import gzip
import json
import os
import weakref
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from pmtiles.tile import (
    Compression,
    Entry,
    MagicNumberNotFound,
    SpecVersionUnsupported,
    TileType,
    deserialize_directory,
    deserialize_header,
    find_tile,
    zxy_to_tileid,
)

from geo_service.core.errors import InputError
from geo_service.core.extent import WORLD_BOUNDS, Bounds

MAGIC = b"PMTiles"
HEADER_BYTES = 127
_DEGREE = 1e7
_MAX_DEPTH = 4
"""Directories from the root to a tile; the specification has archives of more than two levels be rare."""
_MAX_ZOOM = 24
_DIRECTORIES_CACHED = 64
"""Leaf directories in memory: one has about 4,000 entries, half a megabyte, and covers a district at street level."""
_MAX_METADATA = 16_000_000
_VERSION_BYTES = 8


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the file, in bytes."""

    offset: int
    length: int

    def at(self, entry: Entry) -> tuple[int, int]:
        """Return offset in the file and length of what a directory's entry names. Raises InputError beyond the section."""
        if entry.offset < 0 or entry.offset + entry.length > self.length:
            raise InputError("a directory names bytes outside its section: the archive is damaged")
        return self.offset + entry.offset, entry.length


class Archive:
    """An open archive. It stays readable when its file is replaced or deleted. May be used from several threads."""

    def __init__(self, path: Path) -> None:
        """Open it and read header, metadata and the root directory. Raises InputError naming what is wrong."""
        with _reading(path):
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)
        self.path = path
        stat = os.fstat(self._fd)
        self.size = stat.st_size
        self.version = blake2b(
            f"{stat.st_dev} {stat.st_ino} {stat.st_mtime_ns} {stat.st_size}".encode(), digest_size=_VERSION_BYTES
        ).hexdigest()
        """Of the content: changes when the file is replaced."""
        self._directories: OrderedDict[int, list[Entry]] = OrderedDict()
        with _reading(path):
            self._read_header()
            self.metadata = self._read_metadata()
            self.root = self.directory(self._root.offset, self._root.length)

    def read(self, offset: int, length: int) -> bytes:
        """Return bytes of the file. Raises InputError where it ends before."""
        body = os.pread(self._fd, length, offset)
        if len(body) != length:
            raise InputError("it is truncated")
        return body

    def read_up_to(self, offset: int, length: int) -> bytes:
        """Return at most so many bytes of the file; none at its end."""
        return os.pread(self._fd, length, offset)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile as it is stored, compressed with gzip where `gzipped`; None where there is none. Raises InputError."""
        id_ = zxy_to_tileid(z, x, y)
        entries = self.root
        with _reading(self.path):
            for _ in range(_MAX_DEPTH):
                entry = find_tile(entries, id_)
                if entry is None:
                    return None
                if entry.run_length:
                    return self.read(*self.tile_data.at(entry))
                entries = self.leaf(entry)
        raise InputError(f"{self.path.name}: its directories are nested too deeply: the archive is damaged")

    def leaf(self, entry: Entry) -> list[Entry]:
        """Return the entries of a leaf directory, of which the last ones read are cached."""
        known = self._directories.get(entry.offset)
        if known is None:
            known = self._directories[entry.offset] = self.directory(*self._leaves.at(entry))
            if len(self._directories) > _DIRECTORIES_CACHED:
                self._directories.popitem(last=False)
        return known

    def directory(self, offset: int, length: int) -> list[Entry]:
        """Return the entries of a directory."""
        return deserialize_directory(self.read(offset, length))

    def _read_header(self) -> None:
        header = deserialize_header(self.read(0, HEADER_BYTES))
        _check_kind(header["tile_type"], header["tile_compression"], header["internal_compression"])
        self.gzipped = header["tile_compression"] is Compression.GZIP
        self.min_zoom, self.max_zoom = header["min_zoom"], header["max_zoom"]
        west, south, east, north = (header[edge] / _DEGREE for edge in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"))
        # Some programs leave them empty, and a map library has none across the antimeridian.
        plausible = -180 <= west < east <= 180 and -90 <= south < north <= 90
        self.bounds: Bounds = (west, south, east, north) if plausible else WORLD_BOUNDS
        self.addressed_tiles = header["addressed_tiles_count"]
        self._root = Section(header["root_offset"], header["root_length"])
        self._metadata = Section(header["metadata_offset"], header["metadata_length"])
        self._leaves = Section(header["leaf_directory_offset"], header["leaf_directory_length"])
        self.tile_data = Section(header["tile_data_offset"], header["tile_data_length"])
        if not self.min_zoom <= self.max_zoom <= _MAX_ZOOM:
            raise InputError(f"its zooms, {self.min_zoom} to {self.max_zoom}, are impossible")
        end = max(part.offset + part.length for part in (self._root, self._metadata, self._leaves, self.tile_data))
        if end > self.size:
            raise InputError(f"it is truncated: {self.size:,} of {end:,} bytes")

    def _read_metadata(self) -> dict[str, Any]:
        if self._metadata.length > _MAX_METADATA:
            raise InputError(f"its metadata are {self._metadata.length:,} bytes long")
        metadata = json.loads(gzip.decompress(self.read(self._metadata.offset, self._metadata.length)))
        if not isinstance(metadata, dict):
            raise InputError("its metadata are not a JSON object")
        return metadata


def _check_kind(tile_type: TileType, tiles: Compression, internal: Compression) -> None:
    """Raise InputError unless the tiles are vector tiles that browsers can read."""
    if tile_type is TileType.MLT:
        raise InputError("its tiles are MapLibre tiles (MLT); only Mapbox vector tiles (MVT) are drawn")
    if tile_type is not TileType.MVT:
        kind = "of unknown type" if tile_type is TileType.UNKNOWN else f"pictures ({tile_type.name})"
        raise InputError(f"its tiles are {kind}; only vector tiles (MVT) are drawn")
    for what, compression, allowed in (
        ("tiles", tiles, (Compression.GZIP, Compression.NONE)),
        ("directories", internal, (Compression.GZIP,)),
    ):
        if compression not in allowed:
            names = " or ".join(one.name.lower() for one in allowed)
            raise InputError(f"its {what} have the compression {compression.name.lower()}; readable: {names}")


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turn what reading can fail with into an InputError that names the file."""
    try:
        yield
    except MagicNumberNotFound:
        raise InputError(f"cannot read {path.name}: it is not a PMTiles archive") from None
    except SpecVersionUnsupported:
        raise InputError(
            f"cannot read {path.name}: it is a PMTiles archive of another version than 3; convert it with pmtiles convert"
        ) from None
    except UnicodeDecodeError:
        raise InputError(f"cannot read {path.name}: it is not a PMTiles archive, or its metadata are damaged") from None
    except OSError as error:
        raise InputError(f"cannot read {path.name}: {'it is damaged' if isinstance(error, gzip.BadGzipFile) else error.strerror}") from None
    except (EOFError, zlib.error, ValueError, IndexError, OverflowError) as error:
        reason = f"unknown code in its header: {error}" if "is not a valid" in str(error) else "it is damaged"
        raise InputError(f"cannot read {path.name}: {reason}") from None
    except InputError as error:
        message = str(error)
        raise (error if message.startswith("cannot read") else InputError(f"cannot read {path.name}: {message}")) from None
