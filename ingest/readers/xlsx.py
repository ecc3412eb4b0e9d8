"""Excel workbooks, streaming: one sheet, its first row (after skipped ones) the header.

A formula has the value that the workbook stores for it; nothing is computed.
"""

import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO, Protocol

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import Column, RawBatch
from ingest.readers.columns import find_columns, make_batch
from ingest.readers.file_content import HARMLESS_BYTES, HIGHEST_RATIO, size_of
from ingest.readers.header_search import MOST_LINES, find_wanted_header
from ingest.readers.records import as_text

MOST_ROWS = 1 << 20
"""The most that a sheet can have."""

LARGEST_SHEET = 4 << 30
"""Bytes, decompressed; sheets are streamed."""

LARGEST_PART = 256 << 20
"""Bytes of any other part, decompressed: they are held in memory."""

# openpyxl raises these for damaged files.
_DAMAGED = (
    zipfile.BadZipFile, InvalidFileException, zlib.error, EOFError, OSError, SyntaxError, KeyError, ValueError, TypeError,
    AttributeError, IndexError, OverflowError, NotImplementedError,
)  # fmt: skip

_STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
"""Namespace of the strict form of ISO/IEC 29500, in which openpyxl finds no sheet."""

_Values = tuple[object, ...]


class _Sheet(Protocol):
    def iter_rows(self, *, values_only: bool) -> Iterator[_Values]: ...
    def reset_dimensions(self) -> None: ...


class XlsxReader:
    """Rows of one sheet of a workbook; cells that are dates come as ISO 8601."""

    def __init__(
        self, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None, open_file: Callable[[], BinaryIO] | None = None
    ) -> None:
        """open_file: opens the workbook where the file at `path` is a compressed one."""
        self._path, self._format, self._wanted = path, file_format, wanted
        self._open = open_file or self._open_path
        self.size = size_of(path)

    def first_rows(self) -> list[list[str]]:
        """The first rows of the sheet as they stand in it, blank ones too."""
        try:
            with self._open() as file:
                self._refuse_bombs(file)
                rows = islice(_number_rows(self._open_sheet(file), self._path), MOST_LINES)
                return [[as_text(cell) for cell in row] for _, row in rows]
        except _DAMAGED as error:
            raise InputError(f"cannot read {self._path} to its end: it is cut short, damaged or no workbook ({error})") from error

    def _open_path(self) -> BinaryIO:
        return self._path.open("rb")

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        try:
            with self._open() as file:
                self._refuse_bombs(file)
                yield from self._batches(file, rows)
        except _DAMAGED as error:
            raise InputError(f"cannot read {self._path} to its end: it is cut short, damaged or no workbook ({error})") from error

    def _refuse_bombs(self, file: BinaryIO) -> None:
        with zipfile.ZipFile(file) as parts:
            for part in parts.infolist():
                most = LARGEST_SHEET if "/worksheets/" in part.filename else LARGEST_PART
                bomb = part.file_size > HARMLESS_BYTES and part.file_size > HIGHEST_RATIO * part.compress_size
                if bomb or part.file_size > most:
                    raise InputError(
                        f"cannot read {self._path}: its part {part.filename!r} unpacks to {part.file_size:,} bytes; "
                        f"allowed: {most:,}, and {HIGHEST_RATIO} times its packed size"
                    )
                if part.filename == "xl/workbook.xml" and _STRICT in parts.read(part):
                    raise InputError(f"cannot read {self._path}: it is a Strict Open XML workbook; save it as an ordinary one (.xlsx)")

    def _batches(self, file: BinaryIO, rows: int) -> Iterator[RawBatch]:
        numbered = _number_rows(self._open_sheet(file), self._path)
        content = ((number, row) for number, row in numbered if number > self._format.skip and any(cell is not None for cell in row))
        head = list(islice(content, MOST_LINES))
        header = [as_text(cell).strip() for cell in (head[0][1] if head else ())]
        indexes = self._find_columns(header, head)
        rest = chain(head[1:], content)
        while chunk := list(islice(rest, rows)):
            columns = {name: [_cell_text(row, index) for _, row in chunk] for name, index in indexes.items()}
            yield make_batch(columns, [number for number, _ in chunk], None, [], min(file.tell(), self.size))

    def _find_columns(self, header: list[str], head: Sequence[tuple[int, _Values]]) -> dict[str, int | None]:
        """The index of each wanted column; the error names the row that looks like the header where it is another."""
        try:
            return find_columns(header, self._wanted, self._path)
        except InputError as error:
            found = find_wanted_header([[as_text(cell) for cell in row] for _, row in head], self._wanted or ())
            if not found:
                raise
            row = head[found][0]
            raise InputError(f"{error}; row {row} has them: set skip = {row - 1} in [file] of the mapping") from error

    def _open_sheet(self, file: BinaryIO) -> _Sheet:
        with warnings.catch_warnings():
            # Of styles and input checks in the workbook that openpyxl does not support.
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True)
        name = self._format.sheet or (book.sheetnames[0] if book.sheetnames else "")
        if name not in book.sheetnames:
            raise InputError(f"cannot read {self._path}: no sheet {name!r}; there are: {', '.join(book.sheetnames)}")
        sheet: _Sheet = book[name]
        # The declared size is often wrong, and rows beyond it would be lost.
        sheet.reset_dimensions()
        return sheet


def _number_rows(sheet: _Sheet, path: Path) -> Iterator[tuple[int, _Values]]:
    for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number > MOST_ROWS:
            raise InputError(f"cannot read {path}: its sheet says to have more than {MOST_ROWS:,} rows")
        yield number, row


def _cell_text(row: _Values, index: int | None) -> str:
    return as_text(row[index]) if index is not None and index < len(row) else ""
