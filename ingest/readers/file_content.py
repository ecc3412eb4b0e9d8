"""The content of a file: decompressed when it is compressed, within limits, and the encoding of its text.

A compressed file is recognised by its first bytes, whatever its name is.
"""

import codecs
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

import zstandard
from charset_normalizer import from_bytes
from isal.igzip import IGzipFile
from isal.igzip_lib import IsalError

from geo_service.core.errors import InputError

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
_ZSTD_PIECE = 1 << 11
"""Compressed bytes at once. A block of 4 bytes can become 128 kB, so a piece at most 64 MB."""

_ZSTD_WINDOW = 1 << 27
"""Bytes; the limit of the zstd program itself."""

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_RUSSIAN = ["cp1251", "koi8_r", "cp866"]
_LETTERS_NEEDED = 3
"""Bytes beyond ASCII; fewer are more likely damage in a UTF-8 file."""

_SAMPLE_BYTES = 1 << 15
"""Of lines with bytes beyond ASCII: enough to tell the encodings apart, and few enough to be quick."""


class FileHead(NamedTuple):
    """The beginning of a file."""

    content: bytes
    """Decompressed, at most `HEAD_BYTES`."""
    compressed: bool


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being read."""

    file: BinaryIO
    """Its bytes, decompressed."""
    position: Callable[[], int]
    """Bytes of the file itself read so far."""
    compressed: bool


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
            decompressor = _make_decompressor(raw)
            body = io.BufferedReader(_Limited(decompressor, raw), _BUFFER) if decompressor else raw
            yield OpenFile(body, raw.tell, decompressor is not None)
    except InputError as error:
        raise error if str(path) in str(error) else InputError(f"cannot read {path}: it {error}") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (EOFError, zlib.error, IsalError, zstandard.ZstdError) as error:  # type: ignore[misc]  # declared as an instance
        raise InputError(f"cannot read {path} to its end: it is cut short or damaged ({error})") from error


def _make_decompressor(raw: BinaryIO) -> _Readable | None:
    start = raw.read(len(ZSTD))
    raw.seek(0)
    if start.startswith(GZIP):
        return IGzipFile(fileobj=raw, mode="rb")  # type: ignore[no-untyped-call]
    return _ZstdFrames(raw) if start == ZSTD else None


def read_head(path: Path) -> FileHead:
    """The first bytes of the file; `InputError` when it cannot be read."""
    with open_decompressed(path) as opened:
        return FileHead(opened.file.read(HEAD_BYTES), opened.compressed)


def size_of(path: Path) -> int:
    """Bytes of the file; `InputError` when there is no such file."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def choose_encoding(declared: str | None, head: bytes) -> str:
    """The declared encoding, else the one that is recognised; utf-8-sig for UTF-8 with or without a byte order mark."""
    name = declared and codecs.lookup(declared).name
    return {None: "", "utf-8": "utf-8-sig"}.get(name, name or "") or detect_encoding(head)


def detect_encoding(head: bytes) -> str:
    """The encoding of a text file that begins with `head`: by its mark, as UTF-8, or as one of the Russian ones.

    A few damaged places do not turn a UTF-8 file into another: they are broken rows.
    """
    for mark, name in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return name
    if head.isascii():
        return "utf-8-sig"
    beyond_ascii = sum(byte >= 0x80 for byte in head)
    undecodable = sum("\udc80" <= sign <= "\udcff" for sign in head.decode("utf-8", "surrogateescape"))
    if beyond_ascii < _LETTERS_NEEDED or undecodable <= beyond_ascii / 2:
        return "utf-8-sig"
    lines = b"\n".join(line for line in head.splitlines() if not line.isascii())
    best = from_bytes(lines[:_SAMPLE_BYTES], cp_isolation=_RUSSIAN).best()
    return best.encoding if best else "utf-8-sig"


def encoding_label(encoding: str) -> str:
    """The name of the encoding in a message."""
    return {"utf-8-sig": "utf-8", "cp1251": "windows-1251"}.get(encoding, encoding)
