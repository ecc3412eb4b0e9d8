"""CSV and similar text, streaming: quoted fields may span lines, and a broken row costs no other row."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.columns import MOST_COLUMNS, find_columns, storable_text
from ingest.readers.encodings import choose_encoding, encoding_label
from ingest.readers.file_content import FileHead, open_decompressed, read_head, size_of
from ingest.readers.header_search import MOST_LINES, find_wanted_header

LONGEST_LINE = 1 << 20
"""Characters; a longer line is cut, and its pieces are broken rows. Bounds the memory."""

LONGEST_ROW = 1 << 18
"""Characters of a row with quoted line ends; beyond that its first line is a broken row."""

MOST_UNCLOSED = 20
"""Rows whose quotes never close; the lines behind each are read twice, so a file of them is refused."""

_CHUNK = 500
"""Lines that are parsed at once where each is a good row."""

_CHUNK_CHARACTERS = 1 << 20

_SEPARATOR = re.compile(r'"?sep=(\\t|.)"?', re.IGNORECASE)
_SEPARATOR_LINE = 32
"""Bytes within which such a line ends, in UTF-16 too."""

DELIMITERS = ",;\t|"
"""Recognised ones; a mapping may name any other."""


class _UnclosedQuote(csv.Error):
    pass


class _Lines:
    """Physical lines for the CSV parser; keeps those of the current row, and can take lines back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._pushed_back: deque[str] = deque()
        self.of_row: list[str] = []
        """Lines of the current row."""
        self.row_line = 1
        """Number of its first line."""
        self._next = 1
        self._row_characters = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._pushed_back.popleft() if self._pushed_back else self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.of_row.append(line)
        self._next += line.endswith(("\n", "\r"))
        self._row_characters += len(line)
        if self._row_characters > LONGEST_ROW and len(self.of_row) > 1:
            raise _UnclosedQuote(f"a quote that is not closed within {LONGEST_ROW:,} characters")
        return line

    def read_chunk(self, count: int) -> list[str]:
        """The next lines at once, up to `count` and not very many characters; none while lines are pushed back."""
        lines: list[str] = []
        if not self._pushed_back:
            size = 0
            for line in islice(iter(partial(self._file.readline, LONGEST_LINE), ""), count):
                lines.append(line)
                size += len(line)
                if size >= _CHUNK_CHARACTERS:
                    break
        return lines

    def push_back(self, lines: list[str]) -> None:
        """Take back a chunk, to be read line by line."""
        self._pushed_back.extend(lines)

    def count_chunk(self, lines: list[str]) -> range:
        """The numbers of a chunk's lines, each of which was a row."""
        first = self._next
        self._next += len(lines)
        return range(first, self._next)

    def begin_row(self) -> None:
        self.of_row, self._row_characters = [], 0
        self.row_line = self._next

    def keep_first(self) -> str:
        """The first line of the row; the others will be read again."""
        first, *others = self.of_row
        self._pushed_back.extendleft(reversed(others))
        self._next -= sum(line.endswith(("\n", "\r")) for line in others)
        return first


@dataclass(slots=True)
class _ParsedRows:
    """Rows that were split into fields, and those that could not be."""

    fields: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    broken: list[BrokenRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.fields) + len(self.broken)

    def with_broken(self, faults: dict[int, str]) -> "_ParsedRows":
        """The same with more broken rows: row → what is wrong."""
        broken = [BrokenRow(self.lines[row], storable_text(self.texts[row]), detail) for row, detail in faults.items()]
        kept = [row for row in range(len(self.texts)) if row not in faults]
        fields, lines, texts = [self.fields[row] for row in kept], [self.lines[row] for row in kept], [self.texts[row] for row in kept]
        return _ParsedRows(fields, lines, texts, [*self.broken, *broken])


class CsvReader:
    """Rows of a CSV file with a header; delimiter and encoding are recognised when the format does not name them."""

    def __init__(self, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None, head: FileHead | None = None) -> None:
        """head: of the file, where it was read before."""
        self._path, self._format, self._wanted, self._head = path, file_format, wanted, head
        self.size = size_of(path)
        self.header: Sequence[str] = ()
        """Names of all columns; known with the first batch, as is the delimiter."""
        self.delimiter = file_format.delimiter or ""
        self.quote = file_format.quote
        self._encoding = "utf-8-sig"
        self._unclosed = 0
        self._dialect: dict[str, Any] = {}

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        head = (self._head or read_head(self._path)).content
        self._encoding = choose_encoding(self._format.encoding, head)
        with open_decompressed(self._path) as opened, self._decode(opened.file) as file:
            lines = _Lines(file)
            separator = None if self._format.skip else find_separator_line(head, self._encoding)
            skipped = len(list(islice(lines, 1 if separator else self._format.skip)))
            quoting = {"quotechar": self._format.quote} if self._format.quote else {"quoting": csv.QUOTE_NONE}
            self.delimiter = self._format.delimiter or separator or self._detect_delimiter(head, skipped)
            self._dialect = {"delimiter": self.delimiter, **quoting}
            parser = csv.reader(lines, strict=True, **self._dialect)
            columns = self._find_columns(self._read_header(parser, lines), head)
            while len(parsed := self._parse_rows(lines, parser, rows)):
                yield self._make_batch(columns, parsed, opened.position())

    def _decode(self, raw: Any) -> TextIO:
        # Undecodable bytes become surrogates, so that a row with them does not spoil its neighbours.
        errors = "replace" if self._encoding.startswith("utf-16") else "surrogateescape"
        return io.TextIOWrapper(raw, encoding=self._encoding, errors=errors, newline="")

    def _detect_delimiter(self, head: bytes, skipped: int) -> str:
        """The delimiter that finds most of the wanted columns in the header, and of equals the most columns."""
        text = head.decode(self._encoding, "replace")
        first = next(islice(io.StringIO(text, newline=""), skipped, None), "")
        wanted = {name.casefold() for column in self._wanted or () for name in (column.name, *column.other_names)}

        def count_columns(delimiter: str) -> tuple[int, int]:
            try:
                header = next(csv.reader([first], delimiter=delimiter), [])
            except csv.Error:
                return 0, 0
            return len(wanted.intersection(name.strip().casefold() for name in header)), len(header)

        return max(DELIMITERS, key=count_columns)

    def _read_header(self, parser: Iterator[list[str]], lines: _Lines) -> list[str]:
        lines.begin_row()
        try:
            header = [name.strip() for name in next(parser, [])]
        except csv.Error as error:
            raise InputError(f"cannot read {self._path}: its first line is no header: {error}") from error
        if lines.of_row and len(lines.of_row[0]) >= LONGEST_LINE:
            raise InputError(
                f"cannot read {self._path}: its first line has {LONGEST_LINE:,} characters or more; allowed: {MOST_COLUMNS:,} columns"
            )
        self.header = header
        return header

    def _find_columns(self, header: list[str], head: bytes) -> dict[str, int | None]:
        """The index of each wanted column; the error names the line that looks like the header where it is another."""
        try:
            return find_columns(header, self._wanted, self._path)
        except InputError as error:
            lines = head_lines(head, self._encoding)
            for delimiter in (self.delimiter, *DELIMITERS):
                if found := find_wanted_header([split_line(line, delimiter) for line in lines], self._wanted or ()):
                    raise InputError(f"{error}; line {found + 1} has them: set skip = {found} in [file] of the mapping") from error
            raise

    def _parse_rows(self, lines: _Lines, parser: Iterator[list[str]], rows: int) -> _ParsedRows:
        parsed = _ParsedRows()
        while len(parsed) < rows:
            if not self._parse_chunk(parsed, lines, rows) and not self._parse_row(parsed, lines, parser):
                break
        return parsed

    def _parse_chunk(self, parsed: _ParsedRows, lines: _Lines, rows: int) -> bool:
        """Parse several lines at once; False where one of them is not exactly one good row: those are parsed row by row."""
        chunk = lines.read_chunk(min(_CHUNK, rows - len(parsed)))
        try:
            fields = list(csv.reader(chunk, strict=True, **self._dialect))
        except csv.Error:
            fields = []
        # A row over several lines makes fewer rows than lines.
        if len(fields) != len(chunk) or {len(self.header)}.symmetric_difference(map(len, fields)) or max(map(len, chunk)) >= LONGEST_ROW:
            lines.push_back(chunk)
            return False
        parsed.fields += fields
        parsed.lines += lines.count_chunk(chunk)
        parsed.texts += chunk
        return True

    def _parse_row(self, parsed: _ParsedRows, lines: _Lines, parser: Iterator[list[str]]) -> bool:
        """Parse one row; False at the end of the file."""
        lines.begin_row()
        fault = ""
        try:
            fields = next(parser)
        except StopIteration:
            return False
        except csv.Error as error:
            fields, fault = [], self._describe_fault(error)
        if fields and len(fields) != len(self.header):
            fault = f"{len(fields)} fields where the header has {len(self.header)}"
        if fault:
            parsed.broken.append(BrokenRow(lines.row_line, storable_text(lines.keep_first()), fault))
        elif fields:
            parsed.fields.append(fields)
            parsed.lines.append(lines.row_line)
            parsed.texts.append("".join(lines.of_row))
        return True

    def _describe_fault(self, error: csv.Error) -> str:
        self._unclosed += isinstance(error, _UnclosedQuote)
        if self._unclosed > MOST_UNCLOSED:
            raise InputError(f"cannot read {self._path}: more than {MOST_UNCLOSED} rows have a quote that is never closed; see file.quote")
        return f"{error}"

    def _make_batch(self, indexes: dict[str, int | None], parsed: _ParsedRows, bytes_read: int) -> RawBatch:
        if faults := _find_undecodable(parsed.texts, self._encoding):
            parsed = parsed.with_broken(faults)
        columns = list(zip(*parsed.fields, strict=True)) if parsed.fields else [()] * len(self.header)
        blank = [""] * len(parsed.fields)
        named = {name: blank if index is None else columns[index] for name, index in indexes.items()}
        return RawBatch(named, parsed.lines, parsed.texts, parsed.broken, bytes_read)


def find_separator_line(head: bytes, encoding: str) -> str | None:
    """The delimiter in a first line such as `sep=;`, by which Excel is told; None where there is none."""
    first = next(iter(head_lines(head[:_SEPARATOR_LINE], encoding)), "")
    found = _SEPARATOR.fullmatch(first.strip("\r\n"))
    return found[1].replace("\\t", "\t") if found else None


def head_lines(head: bytes, encoding: str) -> list[str]:
    """The first lines of a file that begins with `head`."""
    return list(islice(io.StringIO(head.decode(encoding, "replace"), newline=""), MOST_LINES))


def split_line(line: str, delimiter: str) -> list[str]:
    """The fields of a line that is a row by itself; none where it is not."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _find_undecodable(texts: list[str], encoding: str) -> dict[int, str]:
    """Rows with bytes that PostgreSQL cannot store as text: row → what is wrong."""
    whole = "".join(texts)
    # UTF-16 is decoded with replacement characters, other encodings with surrogates.
    replacement = "\ufffd" if encoding.startswith("utf-16") else "\0"
    if "\0" not in whole and replacement not in whole and _is_encodable(whole):
        return {}
    faults = {row: "a NUL byte" for row, text in enumerate(texts) if "\0" in text}
    return faults | {
        row: f"bytes that are not {encoding_label(encoding)}" for row, text in enumerate(texts) if _is_undecodable(text, replacement)
    }


def _is_undecodable(text: str, replacement: str) -> bool:
    return not _is_encodable(text) or (replacement != "\0" and replacement in text)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
