"""Which format a file has, and the reader for it: one row a format."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from geo_service.core.errors import InputError
from geo_service.core.resources import require_modules
from ingest.mapping.mapping import FileFormat, FormatName
from ingest.readers import RETURNED, Column, Reader
from ingest.readers.csv import DELIMITERS, CsvReader
from ingest.readers.decompress import GZIP, ZSTD, read_head
from ingest.readers.json import GeoJsonReader, JsonReader, NdjsonReader

_LOOKED_AT = 1 << 16
_PACKED = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read."""

    name: FormatName
    endings: tuple[str, ...]
    """Of file names, after an ending of a packed file was taken off."""
    starts: tuple[bytes, ...] = ()
    """First bytes that no other format has."""


FORMATS = (
    Format("csv", (".csv", ".tsv", ".tab", ".txt")),
    Format("xlsx", (".xlsx", ".xlsm"), (b"PK\x03\x04",)),
    Format("ndjson", (".ndjson", ".jsonl", ".geojsonl", ".geojsonseq")),
    Format("geojson", (".geojson",)),
    Format("json", (".json",)),
    Format("parquet", (".parquet", ".geoparquet", ".pq"), (b"PAR1",)),
)

_UNREADABLE = {
    b"\xd0\xcf\x11\xe0": "a workbook of Excel 2003 or before: save it as .xlsx",
    b"%PDF": "a PDF",
    b"BZh": "packed with bzip2: unpack it, or pack it as .gz or .zst",
    b"\xfd7zXZ": "packed with xz: unpack it, or pack it as .gz or .zst",
}


def open_file(path: Path, form: FileFormat, wanted: Sequence[Column] | None) -> Reader:
    """The reader for this file; of `wanted` None all columns. `InputError` for a file that is none of the formats."""
    if is_returned(path):
        return CsvReader(path, FileFormat(decimal=form.decimal), wanted)
    name = form.format or format_of(path)
    if name in ("xlsx", "parquet"):
        return _whole(name, path, form, wanted)
    readers: dict[str, type[CsvReader | NdjsonReader | JsonReader]] = {
        "csv": CsvReader,
        "ndjson": NdjsonReader,
        "json": JsonReader,
        "geojson": GeoJsonReader,
    }
    return readers[name](path, form, wanted)


def is_returned(path: Path) -> bool:
    """Whether the file holds rejects that `geo ingest rejects` gave back, whatever format they had before."""
    mark = RETURNED[0].encode()
    start = read_head(path, len(mark) + 8).removeprefix(b"\xef\xbb\xbf").removeprefix(b'"') if path.is_file() else b""
    return start.startswith(mark) and start[len(mark) :].removeprefix(b'"')[:1] in tuple(one.encode() for one in DELIMITERS)


def _whole(name: str, path: Path, form: FileFormat, wanted: Sequence[Column] | None) -> Reader:
    """The formats that are read from several places at once; their libraries are loaded only when needed."""
    if path.is_file() and _start(path).startswith((GZIP, ZSTD)):
        raise InputError(f"cannot read {path}: a packed {name} file; unpack it first")
    if name == "xlsx":
        require_modules(f"cannot read {path}", "openpyxl")
        from ingest.readers.xlsx import XlsxReader

        return XlsxReader(path, form, wanted)
    require_modules(f"cannot read {path}", "pyarrow")
    from ingest.readers.parquet import ParquetReader

    return ParquetReader(path, form, wanted)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(len(ZSTD))


def format_of(path: Path) -> FormatName:
    """The format by the first bytes, else by the ending of the name, else by what the beginning looks like."""
    start = read_head(path, _LOOKED_AT)
    for mark, told in _UNREADABLE.items():
        if start.startswith(mark):
            raise InputError(f"cannot read {path}: it is {told}; allowed: {', '.join(one.name for one in FORMATS)}")
    for one in FORMATS:
        if start.startswith(one.starts or b"\xff\xff\xff\xff"):
            return one.name
    bare = path.with_suffix("") if path.suffix.lower() in _PACKED else path
    named = next((one.name for one in FORMATS if bare.suffix.lower() in one.endings), None)
    return named if named and named != "json" else _by_look(start)


def _by_look(start: bytes) -> FormatName:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")
    if not text.startswith((b"{", b"[")):
        return "csv"
    first, _, second = text.partition(b"\n")
    if first.rstrip().endswith(b"}") and second.lstrip(b"\x1e \t\r\n").startswith(b"{"):
        return "ndjson"
    return "geojson" if text.startswith(b"{") and b'"FeatureCollection"' in start else "json"
