"""JSON in its three shapes, streaming: an object a line, a document with a list of objects, a GeoJSON collection."""

from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import ijson
import orjson

from geo_service.core.errors import InputError
from ingest.mapping.mapping import FileFormat
from ingest.readers import BrokenRow, Column, RawBatch
from ingest.readers.csv import shown
from ingest.readers.decompress import open_decompressed, size_of
from ingest.readers.records import LONGEST_ROW, Record, RecordBatcher

LEADING = b"\xef\xbb\xbf\x1e \t"
"""Before an object: a byte order mark, the separator of RFC 8142, blanks."""

_DEEPEST = 500
"""Lists and objects within each other, and characters of the path to the list of rows; more is an attack."""

PIECE = 1 << 14
"""Bytes for the parser at once."""


class NdjsonReader:
    """An object a line; also GeoJSON features a line."""

    def __init__(self, path: Path, form: FileFormat, wanted: Sequence[Column] | None) -> None:
        self._path, self._skip, self._wanted = path, form.skip, wanted
        self.size = size_of(path)

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        with open_decompressed(self._path) as stream:
            yield from RecordBatcher(self._path, self._wanted, stream.position).batches(self._records(stream.file), rows)

    def _records(self, file: BinaryIO) -> Iterator[Record | BrokenRow]:
        number = 0
        while raw := file.readline(LONGEST_ROW):
            number += 1
            cut = len(raw) == LONGEST_ROW and not raw.endswith(b"\n")
            while cut and (more := file.readline(LONGEST_ROW)) and not more.endswith(b"\n"):
                pass
            if number > self._skip and (content := raw.lstrip(LEADING).rstrip()):
                yield too_long(number, content) if cut else line_record(number, content)


def line_record(number: int, raw: bytes) -> Record | BrokenRow:
    """A line of NDJSON, without blanks around it."""
    text = shown(raw.decode("utf-8", "surrogateescape"))
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return BrokenRow(number, text, f"no JSON: {error}")
    return Record(number, values, text) if isinstance(values, dict) else BrokenRow(number, text, "no object")


def too_long(number: int, raw: bytes) -> BrokenRow:
    """A line that is longer than a row may be, given its beginning."""
    return BrokenRow(number, raw[:1000].decode("utf-8", "backslashreplace"), f"longer than {LONGEST_ROW:,} bytes")


class NestingGuard:
    """Looks at the bytes of JSON before the parser: refuses an object that never ends, or is so deep that it would choke."""

    def __init__(self) -> None:
        self._since = self._open = 0

    def pass_on(self, data: bytes) -> bytes:
        """The data, once they are looked at. `InputError` for what is refused."""
        if self._since > LONGEST_ROW:
            raise InputError(f"has a row longer than {LONGEST_ROW:,} bytes")
        self._since += len(data)
        # Brackets within texts are counted too: a message does not hold so many without their fellows.
        self._open += data.count(b"[") + data.count(b"{") - data.count(b"]") - data.count(b"}")
        if self._open > _DEEPEST:
            raise InputError("is nested too deeply")
        return data

    def row_ended(self) -> None:
        """An object has come to its end."""
        self._since = self._open = 0


class _GuardedFile(NestingGuard):
    """A file that the parser reads through the meter."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self.pass_on(self._file.read(size))


class JsonReader:
    """A document with a list of objects: the one at `FileFormat.rows`, else the first that there is."""

    _rows: str | None = None

    def __init__(self, path: Path, form: FileFormat, wanted: Sequence[Column] | None) -> None:
        self._path, self._wanted = path, wanted
        self._at = form.rows or self._rows
        self.size = size_of(path)

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        try:
            place = self._at if self._at is not None else self._first_list()
            with open_decompressed(self._path) as stream:
                found = self._records(stream.file, f"{place}.item" if place else "item")
                yield from RecordBatcher(self._path, self._wanted, stream.position).batches(found, rows)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {self._path} to its end: it is cut short or no JSON: {first_line(error)}") from error

    def _records(self, file: BinaryIO, place: str) -> Iterator[Record | BrokenRow]:
        metered = _GuardedFile(_without_mark(file))
        for number, values in enumerate(ijson.items(metered, place, buf_size=PIECE), start=1):
            metered.row_ended()
            yield Record(number, values) if isinstance(values, dict) else BrokenRow(number, f"{values}"[:1000], "no object")

    def _first_list(self) -> str:
        """The path of the first list of objects; of the first list at all when there are no objects in one."""
        lists: list[str] = []
        before = ""
        with open_decompressed(self._path) as stream:
            for place, event, _ in ijson.parse(_GuardedFile(_without_mark(stream.file)), buf_size=PIECE):
                if event == "start_map" and before == "start_array":
                    return lists[-1]
                if len(place) > _DEEPEST:
                    raise InputError("is nested too deeply")
                if event == "start_array":
                    lists.append(place)
                before = event
        if not lists:
            raise InputError(f"cannot read {self._path}: there is no list of objects in it")
        return lists[0]


class GeoJsonReader(JsonReader):
    """A FeatureCollection: properties are columns, with `id`, `lng` and `lat` of the feature where they have none."""

    _rows = "features"


def _without_mark(file: BinaryIO) -> BinaryIO:
    if isinstance(file, BufferedReader) and file.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        file.read(len(BOM_UTF8))
    return file


def first_line(error: Exception) -> str:
    """Of the parser's message, without its drawing of the place."""
    return f"{error}".strip().partition("\n")[0]
