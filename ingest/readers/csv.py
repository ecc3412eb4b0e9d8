"""CSV, streaming: quoted fields over several lines, and broken rows that cost nobody but themselves."""

import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from geo_service.errors import InputError
from ingest.mapping import FileFormat
from ingest.readers import BrokenRow, RawBatch

LONGEST_LINE = 1 << 20
"""Characters; a longer line is cut, and its pieces are broken rows. Bounds the memory."""


class _Lines:
    """Physical lines for the CSV parser; remembers those of the row it is in, and can give lines back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.begins = 1
        self._next = 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._next += line.endswith(("\n", "\r"))
        return line

    def begin_row(self) -> None:
        self.taken = []
        self.begins = self._next

    def keep_first(self) -> str:
        """The first line of the row; the others will be read again."""
        first, *others = self.taken
        self._returned.extendleft(reversed(others))
        self._next -= sum(line.endswith(("\n", "\r")) for line in others)
        return first


class CsvReader:
    """Rows of a CSV file with a header; only `wanted` columns are kept, and those of them must be there."""

    def __init__(self, path: Path, form: FileFormat, wanted: Sequence[str]) -> None:
        self._path, self._form, self._wanted = path, form, wanted
        try:
            self.size = path.stat().st_size
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        try:
            with self._path.open("rb") as raw, self._decoded(raw) as file:
                lines = _Lines(file)
                parser = csv.reader(lines, delimiter=self._form.delimiter, strict=True)
                header = self._header(parser)
                while batch := self._batch(lines, parser, header, rows, raw):
                    yield batch
        except OSError as error:
            raise InputError(f"cannot read {self._path}: {error.strerror}") from error

    def _decoded(self, raw: BinaryIO) -> TextIO:
        encoding = "utf-8-sig" if self._form.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else self._form.encoding
        # Undecodable bytes come through as surrogates, so that the row can be told from its neighbours.
        return io.TextIOWrapper(raw, encoding=encoding, errors="surrogateescape", newline="")

    def _header(self, parser: Iterator[list[str]]) -> list[str]:
        try:
            header = [name.strip() for name in next(parser, [])]
        except csv.Error as error:
            raise InputError(f"cannot read {self._path}: its first line is no header: {error}") from error
        missing = [name for name in self._wanted if name not in header]
        if missing:
            raise InputError(f"cannot read {self._path}: no column {', '.join(missing)}; there are: {', '.join(header) or 'none'}")
        if twice := [name for name in self._wanted if header.count(name) > 1]:
            raise InputError(f"cannot read {self._path}: more than one column is named {', '.join(twice)}")
        return header

    def _batch(self, lines: _Lines, parser: Iterator[list[str]], header: list[str], rows: int, raw: BinaryIO) -> RawBatch | None:
        fields: list[list[str]] = []
        begins: list[int] = []
        texts: list[str] = []
        broken: list[BrokenRow] = []
        while len(fields) + len(broken) < rows:
            lines.begin_row()
            fault = ""
            try:
                row = next(parser)
            except StopIteration:
                break
            except csv.Error as error:
                row, fault = [], f"{error}"
            if not row and not fault:
                continue
            if not fault and len(row) != len(header):
                fault = f"{len(row)} fields where the header has {len(header)}"
            if fault:
                broken.append(BrokenRow(lines.begins, shown(lines.keep_first()), fault))
                continue
            fields.append(row)
            begins.append(lines.begins)
            texts.append(lines.taken[0] if len(lines.taken) == 1 else "".join(lines.taken))
        if not fields and not broken:
            return None
        return self._columns(header, fields, begins, texts, broken, raw.tell())

    def _columns(
        self, header: list[str], fields: list[list[str]], begins: list[int], texts: list[str], broken: list[BrokenRow], at: int
    ) -> RawBatch:
        faults = _unclean(texts, self._form.encoding)
        for row, detail in faults.items():
            broken.append(BrokenRow(begins[row], shown(texts[row]), detail))
        if faults:
            kept = [row for row in range(len(texts)) if row not in faults]
            fields, begins, texts = [fields[row] for row in kept], [begins[row] for row in kept], [texts[row] for row in kept]
        columns = list(zip(*fields, strict=True)) if fields else [()] * len(header)
        return RawBatch({name: columns[header.index(name)] for name in self._wanted}, begins, texts, broken, at)


def _unclean(texts: list[str], encoding: str) -> dict[int, str]:
    """Rows with bytes that PostgreSQL cannot keep as text: row → what is wrong."""
    whole = "".join(texts)
    if "\0" not in whole and _encodable(whole):
        return {}
    faults = {row: "a NUL byte" for row, text in enumerate(texts) if "\0" in text}
    return faults | {row: f"bytes that are not {encoding}" for row, text in enumerate(texts) if not _encodable(text)}


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def shown(text: str) -> str:
    """A row as it can be kept: without its line end, bytes that are no text as escapes."""
    clean = text.rstrip("\r\n")
    return clean.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
