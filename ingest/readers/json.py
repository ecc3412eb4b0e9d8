"""JSON, streaming: an object a line, a document with a list of objects, or a GeoJSON collection."""

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
from ingest.readers.columns import storable_text
from ingest.readers.file_content import open_decompressed, size_of
from ingest.readers.json_values import crs_name
from ingest.readers.records import LONGEST_ROW, Record, RecordBatcher

LEADING = b"\xef\xbb\xbf\x1e \t"
"""Allowed before an object: a byte order mark, the separator of RFC 8142, blanks."""

DEEPEST = 500
"""Levels of nested lists and objects, and characters of the path to the list of rows; more is an attack."""

_SEARCHED_BYTES = 1 << 20
"""At once, when a file is searched."""

CHUNK_BYTES = 1 << 14
"""Passed to the parser at once."""


class NdjsonReader:
    """An object a line; also GeoJSON features a line."""

    def __init__(self, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None) -> None:
        self._path, self._skip, self._wanted = path, file_format.skip, wanted
        self.size = size_of(path)

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        with open_decompressed(self._path) as opened:
            yield from RecordBatcher(self._path, self._wanted, opened.position).batches(self._records(opened.file), rows)

    def _records(self, file: BinaryIO) -> Iterator[Record | BrokenRow]:
        number = 0
        while raw := file.readline(LONGEST_ROW):
            number += 1
            cut = len(raw) == LONGEST_ROW and not raw.endswith(b"\n")
            while cut and (more := file.readline(LONGEST_ROW)) and not more.endswith(b"\n"):
                pass
            if number > self._skip and (content := raw.lstrip(LEADING).rstrip()):
                yield make_oversized_row(number, content) if cut else parse_line(number, content)


def parse_line(number: int, raw: bytes) -> Record | BrokenRow:
    """The object of an NDJSON line, which has no blanks around it."""
    text = storable_text(raw.decode("utf-8", "surrogateescape"))
    try:
        values = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return BrokenRow(number, text, f"no JSON: {error}")
    return Record(number, values, text) if isinstance(values, dict) else BrokenRow(number, text, "no object")


def make_oversized_row(number: int, raw: bytes) -> BrokenRow:
    """The broken row of a line that is too long, given its beginning."""
    return BrokenRow(number, raw[:1000].decode("utf-8", "backslashreplace"), f"longer than {LONGEST_ROW:,} bytes")


class NestingGuard:
    """Checks the bytes of JSON before the parser gets them: refuses an object that is too long or nested too deeply."""

    def __init__(self) -> None:
        self._row_bytes = self._depth = 0

    def check(self, data: bytes) -> bytes:
        """The same data; `InputError` where they are refused."""
        if self._row_bytes > LONGEST_ROW:
            raise InputError(f"has a row longer than {LONGEST_ROW:,} bytes")
        self._row_bytes += len(data)
        # Brackets within texts are counted too: no message has so many unbalanced ones.
        self._depth += data.count(b"[") + data.count(b"{") - data.count(b"]") - data.count(b"}")
        if self._depth > DEEPEST:
            raise InputError("is nested too deeply")
        return data

    def end_row(self) -> None:
        """An object is complete."""
        self._row_bytes = self._depth = 0


class GuardedFile(NestingGuard):
    """A file whose bytes are checked before the parser gets them."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def read(self, size: int = -1) -> bytes:
        return self.check(self._file.read(size))


class JsonReader:
    """A document with a list of objects: the list at `FileFormat.rows`, else the first one."""

    _rows: str | None = None

    def __init__(self, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None) -> None:
        self._path, self._wanted = path, wanted
        self._list_path = file_format.rows or self._rows
        self.size = size_of(path)

    def batches(self, rows: int) -> Iterator[RawBatch]:
        """All rows in order, up to `rows` at a time."""
        try:
            list_path = self._list_path if self._list_path is not None else self._find_first_list()
            with open_decompressed(self._path) as opened:
                records = self._records(opened.file, f"{list_path}.item" if list_path else "item")
                yield from RecordBatcher(self._path, self._wanted, opened.position, self._find_crs()).batches(records, rows)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {self._path} to its end: it is cut short or no JSON: {first_line(error)}") from error

    def _records(self, file: BinaryIO, item_path: str) -> Iterator[Record | BrokenRow]:
        guarded = GuardedFile(skip_byte_order_mark(file))
        for number, values in enumerate(ijson.items(guarded, item_path, buf_size=CHUNK_BYTES), start=1):
            guarded.end_row()
            yield Record(number, values) if isinstance(values, dict) else BrokenRow(number, f"{values}"[:1000], "no object")

    def _find_crs(self) -> str:
        """Name of the reference system of all features; blank for degrees."""
        return ""

    def _find_first_list(self) -> str:
        """The path of the first list of objects; of the first list where none has objects."""
        lists: list[str] = []
        before = ""
        with open_decompressed(self._path) as opened:
            for item_path, event, _ in ijson.parse(GuardedFile(skip_byte_order_mark(opened.file)), buf_size=CHUNK_BYTES):
                if event == "start_map" and before == "start_array":
                    return lists[-1]
                if len(item_path) > DEEPEST:
                    raise InputError("is nested too deeply")
                if event == "start_array":
                    lists.append(item_path)
                before = event
        if not lists:
            raise InputError(f"cannot read {self._path}: there is no list of objects in it")
        return lists[0]


class GeoJsonReader(JsonReader):
    """A FeatureCollection: properties are columns, with `id`, `lng` and `lat` of the feature where they have none."""

    _rows = "features"

    def _find_crs(self) -> str:
        """The name in the member `crs`. `InputError` for one that cannot be used.

        It may stand behind the features; the search for its bytes is quick, and only a file that has them is parsed for it.
        """
        with open_decompressed(self._path) as opened:
            if not _has_bytes(opened.file, b'"crs"'):
                return ""
        with open_decompressed(self._path) as opened:
            crs = _read_member(GuardedFile(skip_byte_order_mark(opened.file)), "crs")
        # Loaded only where an input names a system: it takes a tenth of a second.
        from ingest.mapping.projections import parse_crs

        try:
            if name := crs_name({"crs": crs}):
                parse_crs(name)
        except ValueError as error:
            raise InputError(f"cannot read {self._path}: {error}") from error
        return name


def _read_member(file: GuardedFile, name: str) -> object:
    """The member of this name of the document itself; None without one. The document is read up to its end only where it must be."""
    builder = ijson.ObjectBuilder()
    for path, event, value in ijson.parse(file, buf_size=CHUNK_BYTES):
        file.end_row()
        if path == name or path.startswith(f"{name}."):
            builder.event(event, value)
            if path == name and event not in ("start_map", "start_array", "map_key"):
                return builder.value
    return None


def _has_bytes(file: BinaryIO, wanted: bytes) -> bool:
    overlap = b""
    while piece := file.read(_SEARCHED_BYTES):
        if wanted in overlap + piece:
            return True
        overlap = piece[-len(wanted) :]
    return False


def skip_byte_order_mark(file: BinaryIO) -> BinaryIO:
    """The same file, behind its byte order mark if it has one."""
    if isinstance(file, BufferedReader) and file.peek(len(BOM_UTF8)).startswith(BOM_UTF8):
        file.read(len(BOM_UTF8))
    return file


def first_line(error: Exception) -> str:
    """The first line of the parser's message, without its drawing of the position."""
    return f"{error}".strip().partition("\n")[0]
