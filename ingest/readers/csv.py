"""CSV and its kin, streaming: quoted fields over several lines, and broken rows that cost nobody but themselves."""

import csv
import io
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
from ingest.readers.columns import MOST_COLUMNS, find_columns
from ingest.readers.decompress import open_decompressed, read_head, size_of
from ingest.readers.encoding import SAMPLE, named, spelt

LONGEST_LINE = 1 << 20
"""Characters; a longer line is cut, and its pieces are broken rows. Bounds the memory."""

LONGEST_ROW = 1 << 18
"""Characters of a row with quoted line ends; beyond that its first line is a broken row."""

MOST_ENDLESS = 20
"""Rows whose quotes never close; each has its following lines read twice, so a file of them is refused."""

_PIECE = 500
"""Rows that are cut at once where nothing is wrong with them."""

_PIECE_CHARACTERS = 1 << 20

DELIMITERS = ",;\t|"
"""Those that are recognised; a mapping may name any other."""


class _EndlessRow(csv.Error):
    pass


class _Lines:
    """Physical lines for the CSV parser; remembers those of the row it is in, and can give lines back."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.begins = 1
        self._next = 1
        self._long = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._next += line.endswith(("\n", "\r"))
        self._long += len(line)
        if self._long > LONGEST_ROW and len(self.taken) > 1:
            raise _EndlessRow(f"a quote that is not closed within {LONGEST_ROW:,} characters")
        return line

    def take(self, count: int) -> list[str]:
        """The next lines at once, up to `count` and not very many characters; none while lines were given back."""
        lines: list[str] = []
        if not self._returned:
            size = 0
            for line in islice(iter(partial(self._file.readline, LONGEST_LINE), ""), count):
                lines.append(line)
                size += len(line)
                if size >= _PIECE_CHARACTERS:
                    break
        return lines

    def give_back(self, lines: list[str]) -> None:
        """Lines that were taken and are to be read one by one."""
        self._returned.extend(lines)

    def passed(self, lines: list[str]) -> range:
        """The numbers of lines that were taken, and are done with."""
        first = self._next
        self._next += len(lines)
        return range(first, self._next)

    def begin_row(self) -> None:
        self.taken, self._long = [], 0
        self.begins = self._next

    def keep_first(self) -> str:
        """The first line of the row; the others will be read again."""
        first, *others = self.taken
        self._returned.extendleft(reversed(others))
        self._next -= sum(line.endswith(("\n", "\r")) for line in others)
        return first


@dataclass(slots=True)
class _Rows:
    """Rows that were cut into fields, and those that could not be."""

    fields: list[list[str]] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    broken: list[BrokenRow] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.fields) + len(self.broken)

    def without(self, faults: dict[int, str]) -> "_Rows":
        """These rows broken: row → what is wrong."""
        broken = [BrokenRow(self.begins[row], shown(self.texts[row]), detail) for row, detail in faults.items()]
        kept = [row for row in range(len(self.texts)) if row not in faults]
        fields, begins, texts = [self.fields[row] for row in kept], [self.begins[row] for row in kept], [self.texts[row] for row in kept]
        return _Rows(fields, begins, texts, [*self.broken, *broken])


class CsvReader:
    """Rows of a CSV file with a header; delimiter and encoding are recognised when the format does not name them."""

    def __init__(self, path: Path, form: FileFormat, wanted: Sequence[Column] | None) -> None:
        self._path, self._form, self._wanted = path, form, wanted
        self.size = size_of(path)
        self.header: Sequence[str] = ()
        """Names of all columns; known with the first batch, as is the delimiter."""
        self.delimiter = form.delimiter or ""
        self.quote = form.quote
        self._encoding = "utf-8-sig"
        self._endless = 0
        self._shape: dict[str, Any] = {}

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        sample = read_head(self._path, SAMPLE)
        self._encoding = named(self._form.encoding, sample)
        with open_decompressed(self._path) as stream, self._decoded(stream.file) as file:
            lines = _Lines(file)
            skipped = self._skip(lines)
            self._shape = self._dialect(sample, skipped)
            parser = csv.reader(lines, strict=True, **self._shape)
            header = self._header(parser, lines)
            while batch := self._batch(lines, parser, header, rows, stream.position):
                yield batch

    def _decoded(self, raw: Any) -> TextIO:
        # Undecodable bytes come through as surrogates, so that the row can be told from its neighbours.
        errors = "replace" if self._encoding.startswith("utf-16") else "surrogateescape"
        return io.TextIOWrapper(raw, encoding=self._encoding, errors=errors, newline="")

    def _skip(self, lines: _Lines) -> int:
        return len(list(islice(lines, self._form.skip)))

    def _dialect(self, sample: bytes, skipped: int) -> dict[str, Any]:
        quoting = {"quotechar": self._form.quote} if self._form.quote else {"quoting": csv.QUOTE_NONE}
        self.delimiter = self._form.delimiter or self._recognised(sample, skipped)
        return {"delimiter": self.delimiter, **quoting}

    def _recognised(self, sample: bytes, skipped: int) -> str:
        """The delimiter that finds most of the columns asked for in the header, and of equals the most columns."""
        text = sample.decode(self._encoding, "replace")
        first = next(islice(io.StringIO(text, newline=""), skipped, None), "")
        asked = {name.casefold() for one in self._wanted or () for name in (one.name, *one.others)}

        def worth(delimiter: str) -> tuple[int, int]:
            try:
                header = next(csv.reader([first], delimiter=delimiter), [])
            except csv.Error:
                return 0, 0
            return len(asked.intersection(name.strip().casefold() for name in header)), len(header)

        return max(DELIMITERS, key=worth)

    def _header(self, parser: Iterator[list[str]], lines: _Lines) -> tuple[dict[str, int | None], int]:
        """Where the columns asked for stand, and how many there are."""
        lines.begin_row()
        try:
            header = [name.strip() for name in next(parser, [])]
        except csv.Error as error:
            raise InputError(f"cannot read {self._path}: its first line is no header: {error}") from error
        if lines.taken and len(lines.taken[0]) >= LONGEST_LINE:
            raise InputError(
                f"cannot read {self._path}: its first line has {LONGEST_LINE:,} characters or more; allowed: {MOST_COLUMNS:,} columns"
            )
        self.header = header
        return find_columns(header, self._wanted, self._path), len(header)

    def _batch(
        self, lines: _Lines, parser: Iterator[list[str]], header: tuple[dict[str, int | None], int], rows: int, position: Any
    ) -> RawBatch | None:
        found = _Rows()
        while len(found) < rows:
            if not self._plain(found, lines, header[1], rows) and not self._single(found, lines, parser, header[1]):
                break
        return self._columns(header, found, position()) if len(found) else None

    def _plain(self, found: _Rows, lines: _Lines, width: int, rows: int) -> bool:
        """Take several rows at once; not when one of them is more than a line, or is faulty: those are read one by one."""
        taken = lines.take(min(_PIECE, rows - len(found)))
        try:
            fields = list(csv.reader(taken, strict=True, **self._shape))
        except csv.Error:
            fields = []
        # A row over several lines makes fewer rows than lines.
        if len(fields) != len(taken) or {width}.symmetric_difference(map(len, fields)) or max(map(len, taken)) >= LONGEST_ROW:
            lines.give_back(taken)
            return False
        found.fields += fields
        found.begins += lines.passed(taken)
        found.texts += taken
        return True

    def _single(self, found: _Rows, lines: _Lines, parser: Iterator[list[str]], width: int) -> bool:
        """Take one row; whether there was one."""
        lines.begin_row()
        fault = ""
        try:
            row = next(parser)
        except StopIteration:
            return False
        except csv.Error as error:
            row, fault = [], self._fault(error)
        if row and len(row) != width:
            fault = f"{len(row)} fields where the header has {width}"
        if fault:
            found.broken.append(BrokenRow(lines.begins, shown(lines.keep_first()), fault))
        elif row:
            found.fields.append(row)
            found.begins.append(lines.begins)
            found.texts.append("".join(lines.taken))
        return True

    def _fault(self, error: csv.Error) -> str:
        self._endless += isinstance(error, _EndlessRow)
        if self._endless > MOST_ENDLESS:
            raise InputError(f"cannot read {self._path}: more than {MOST_ENDLESS} rows have a quote that is never closed; see file.quote")
        return f"{error}"

    def _columns(self, header: tuple[dict[str, int | None], int], found: _Rows, at: int) -> RawBatch:
        if faults := _unclean(found.texts, self._encoding):
            found = found.without(faults)
        columns = list(zip(*found.fields, strict=True)) if found.fields else [()] * header[1]
        blank = [""] * len(found.fields)
        named = {name: blank if place is None else columns[place] for name, place in header[0].items()}
        return RawBatch(named, found.begins, found.texts, found.broken, at)


def _unclean(texts: list[str], encoding: str) -> dict[int, str]:
    """Rows with bytes that PostgreSQL cannot keep as text: row → what is wrong."""
    whole = "".join(texts)
    lost = "\ufffd" if encoding.startswith("utf-16") else "\0"
    if "\0" not in whole and lost not in whole and _encodable(whole):
        return {}
    faults = {row: "a NUL byte" for row, text in enumerate(texts) if "\0" in text}
    return faults | {row: f"bytes that are not {spelt(encoding)}" for row, text in enumerate(texts) if _is_lost(text, lost)}


def _is_lost(text: str, lost: str) -> bool:
    return not _encodable(text) or (lost != "\0" and lost in text)


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
