"""Files with an object a line, of any length: each line is a file of its own, so that a damaged one costs only itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from ingest.readers.file_content import open_decompressed
from ingest.readers.json import CHUNK_BYTES, LEADING


class _LineFile:
    """The rest of one line of a file, read as a file."""

    def __init__(self, file: BinaryIO, beginning: bytes) -> None:
        """beginning: what has been read of the line."""
        self._file, self._beginning = file, beginning
        self._has_ended = beginning.endswith(b"\n")

    def read(self, size: int = -1) -> bytes:
        if not size:
            return b""
        piece, self._beginning = self._beginning, b""
        if not piece and not self._has_ended:
            piece = self._file.readline(size)
            self._has_ended = not piece or piece.endswith(b"\n")
        return piece


def split_lines(file: BinaryIO) -> Iterator[tuple[int, BinaryIO]]:
    """Each line that is not blank, with its number from 1; what the caller leaves of one is passed over."""
    number = 0
    while piece := file.readline(CHUNK_BYTES):
        number += 1
        line = _LineFile(file, piece.lstrip(LEADING))
        if piece.strip(LEADING + b"\r\n"):
            yield number, cast("BinaryIO", line)
        while line.read(CHUNK_BYTES):
            pass


def has_object_lines(path: Path) -> bool:
    """Whether the first line of the file is an object and another one begins behind it. Reads no more than the first line."""
    with open_decompressed(path) as opened:
        piece = opened.file.readline(CHUNK_BYTES)
        is_object, end = piece.lstrip(LEADING).startswith(b"{"), b""
        while is_object and piece:
            end = (end + piece)[-8:]
            if piece.endswith(b"\n"):
                break
            piece = opened.file.readline(CHUNK_BYTES)
        return is_object and end.rstrip().endswith(b"}") and opened.file.readline(CHUNK_BYTES).lstrip(LEADING).startswith(b"{")
