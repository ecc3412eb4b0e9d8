"""The content of a file: decompressed when it is compressed, within limits.

A compressed file is recognised by its first bytes, whatever its name is.
"""

import io
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, cast

import zstandard
from isal.igzip import IGzipFile
from isal.igzip_lib import IsalError

from geo_service.core.errors import InputError
from ingest.readers.zip_archive import ZIP, find_member

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

HARMLESS_BYTES = 64 << 20
"""Decompressed; up to here any ratio is allowed: a small file of blanks is no attack."""

HIGHEST_RATIO = 200
"""Decompressed to compressed size. Tables of messages shrink 5 to 30 times; gzip can reach 1,000, which a bomb uses."""

MOST_BYTES = 1 << 40
"""Decompressed."""

HEAD_BYTES = 1 << 18
"""Read from the beginning of a file to recognise its format, its delimiter and its encoding."""

_BUFFER = 1 << 17
_IN_MEMORY = 16 << 20
"""Bytes of an unpacked file that are held in memory; a longer one is written to the temporary folder."""

_ZSTD_PIECE = 1 << 11
"""Compressed bytes at once. A block of 4 bytes can become 128 kB, so a piece at most 64 MB."""

_ZSTD_WINDOW = 1 << 27
"""Bytes; the limit of the zstd program itself."""


class FileHead(NamedTuple):
    """The beginning of a file."""

    content: bytes
    """Decompressed, at most `HEAD_BYTES`."""
    compressed: bool
    member: str = ""
    """Name of the only file of a zip archive, where it is one."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being read."""

    file: BinaryIO
    """Its bytes, decompressed."""
    position: Callable[[], int]
    """Bytes of the file itself read so far."""
    compressed: bool
    member: str = ""
    """Name of the only file of a zip archive, where it is one."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Limited(io.RawIOBase):
    """The bytes that `source` decompresses from `compressed`, refused when they are too many."""

    def __init__(self, source: _Readable, compressed: BinaryIO) -> None:
        self._source, self._compressed, self._returned = source, compressed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every caller passes a memoryview
        data = self._source.read(len(buffer))
        self._returned += len(data)
        if self._returned > MOST_BYTES or (self._returned > HARMLESS_BYTES and self._returned > HIGHEST_RATIO * self._compressed.tell()):
            raise InputError(
                f"unpacks to more than {HIGHEST_RATIO} times its size or {MOST_BYTES:,} bytes, as an attack would; "
                "if it is none, unpack it first"
            )
        buffer[: len(data)] = data
        return len(data)


class _ZstdFrames:
    """The frames of a zstd file; unlike the library's own stream, a truncated frame is an error and not an end."""

    def __init__(self, compressed: BinaryIO) -> None:
        self._compressed = compressed
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._rest = b""
        self._ready = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        while not self._ready:
            piece = self._rest or self._compressed.read(_ZSTD_PIECE)
            if not piece:
                if self._frame:
                    raise EOFError("the file ends within a frame")
                return b""
            self._frame = self._frame or zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            self._ready, self._rest = memoryview(self._frame.decompress(piece)), b""
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
        data, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return data


@contextmanager
def open_decompressed(path: Path) -> Iterator[OpenFile]:
    """Open the file for reading, decompressed. A failure while it is being read is an `InputError` that names the file."""
    try:
        with path.open("rb") as raw:
            decompressor, member = _make_decompressor(raw)
            body = io.BufferedReader(_Limited(decompressor, raw), _BUFFER) if decompressor else raw
            yield OpenFile(body, raw.tell, decompressor is not None, member)
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"cannot read {path}: it {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, IsalError, zstandard.ZstdError) as error:  # type: ignore[misc]  # declared as an instance
        raise InputError(f"cannot read {path} to its end: it is cut short or damaged ({error})") from error


def _make_decompressor(raw: BinaryIO) -> tuple[_Readable | None, str]:
    """What decompresses the file, and the name of the file in a zip archive; None for a file that is not compressed."""
    start = raw.read(len(ZSTD))
    raw.seek(0)
    if start.startswith(GZIP):
        return IGzipFile(fileobj=raw, mode="rb"), ""  # type: ignore[no-untyped-call]
    if start in ZIP and (member := find_member(raw)):
        return zipfile.ZipFile(raw).open(member), member
    return (_ZstdFrames(raw), "") if start == ZSTD else (None, "")


def read_head(path: Path) -> FileHead:
    """The first bytes of the file; `InputError` when it cannot be read."""
    with open_decompressed(path) as opened:
        return FileHead(opened.file.read(HEAD_BYTES), opened.compressed, opened.member)


def unpack(path: Path) -> BinaryIO:
    """A compressed file as a temporary file, for formats that are read from several places at once; limits as of any other."""
    with open_decompressed(path) as opened:
        unpacked = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # open as long as its reader
        shutil.copyfileobj(opened.file, unpacked, _BUFFER)
    return cast("BinaryIO", unpacked)


def size_of(path: Path) -> int:
    """Bytes of the file; `InputError` when there is no such file."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
