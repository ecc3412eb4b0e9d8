"""The bytes of a file, unpacked when they are packed, and never more of them than is sane.

A packed file is known by its first bytes, whatever it is called.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard
from isal.igzip import IGzipFile
from isal.igzip_lib import IsalError

from geo_service.core.errors import InputError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

HARMLESS_BYTES = 64 << 20
"""Unpacked; until then any ratio is fine: a small file of blanks is no attack."""

HIGHEST_RATIO = 200
"""Unpacked to packed. Tables of messages shrink 5 to 30 times; gzip can reach 1,000, a bomb uses it."""

MOST_BYTES = 1 << 40
"""Unpacked."""

_BUFFER = 1 << 17
_ZSTD_PIECE = 1 << 11
"""Packed bytes unpacked at once. A block of 4 bytes can become 128 kB, so a piece at most 64 MB."""

_ZSTD_WINDOW = 1 << 27
"""Bytes; what zstd itself takes without being asked for more."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is being read."""

    file: BinaryIO
    """Its bytes, unpacked."""
    position: Callable[[], int]
    """Bytes of the file itself read until now."""


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Limited(io.RawIOBase):
    """What `source` unpacks from `packed`, refused when it is too much."""

    def __init__(self, source: _Source, packed: BinaryIO) -> None:
        self._source, self._packed, self._given = source, packed, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every caller passes a memoryview
        data = self._source.read(len(buffer))
        self._given += len(data)
        if self._given > MOST_BYTES or (self._given > HARMLESS_BYTES and self._given > HIGHEST_RATIO * self._packed.tell()):
            raise InputError(
                f"unpacks to more than {HIGHEST_RATIO} times its size or {MOST_BYTES:,} bytes, as an attack would; "
                "if it is none, unpack it first"
            )
        buffer[: len(data)] = data
        return len(data)


class _ZstdFrames:
    """The frames of a zstd file; unlike the library's own stream, one that is cut short is an error and not an end."""

    def __init__(self, packed: BinaryIO) -> None:
        self._packed = packed
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._rest = b""
        self._ready = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        while not self._ready:
            piece = self._rest or self._packed.read(_ZSTD_PIECE)
            if not piece:
                if self._frame:
                    raise EOFError("the file ends within a frame")
                return b""
            self._frame = self._frame or zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
            self._ready, self._rest = memoryview(self._frame.decompress(piece)), b""
            if self._frame.eof:
                self._rest, self._frame = self._frame.unused_data, None
        given, self._ready = bytes(self._ready[:size]), self._ready[size:]
        return given


@contextmanager
def open_decompressed(path: Path) -> Iterator[Opened]:
    """The bytes of the file, unpacked. What fails while it is being read is an `InputError` that names the file."""
    try:
        with path.open("rb") as raw:
            source = _unpacking(raw)
            body = io.BufferedReader(_Limited(source, raw), _BUFFER) if source else raw
            yield Opened(body, raw.tell)
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"cannot read {path}: it {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (EOFError, zlib.error, IsalError, zstandard.ZstdError) as error:  # type: ignore[misc]  # declared as an instance
        raise InputError(f"cannot read {path} to its end: it is cut short or damaged ({error})") from error


def _unpacking(raw: BinaryIO) -> _Source | None:
    start = raw.read(len(ZSTD))
    raw.seek(0)
    if start.startswith(GZIP):
        return IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
    return _ZstdFrames(raw) if start == ZSTD else None


def read_head(path: Path, size: int) -> bytes:
    """The first `size` bytes of the file, unpacked."""
    with open_decompressed(path) as stream:
        return stream.file.read(size)


def size_of(path: Path) -> int:
    """Bytes of the file; `InputError` when there is no such file."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
