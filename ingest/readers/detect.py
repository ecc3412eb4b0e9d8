"""Recognise the format of a file and open the reader for it: one row a format."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from geo_service.core.errors import InputError
from geo_service.core.resources import require_modules
from ingest.mapping.mapping import FileFormat, FormatName, Mapping
from ingest.readers import REJECT_COLUMNS, Column, Reader, RowFormat
from ingest.readers.columns import required_columns
from ingest.readers.csv import DELIMITERS, CsvReader
from ingest.readers.encodings import encoding_label, guess_encoding
from ingest.readers.file_content import FileHead, read_head, unpack
from ingest.readers.foreign_files import EMPTY, describe_foreign
from ingest.readers.json import GeoJsonReader, JsonReader, NdjsonReader
from ingest.readers.social.messages import MessageReader
from ingest.readers.social.recognise import recognise_export
from ingest.readers.social.telegram import TelegramReader
from ingest.readers.social.vk import VkReader

_COMPRESSED_SUFFIXES = (".gz", ".zst")


@dataclass(frozen=True, slots=True)
class Format:
    """A format that can be read."""

    name: FormatName
    suffixes: tuple[str, ...]
    """Of file names, after the suffix of a compressed file."""
    magic: tuple[bytes, ...] = ()
    """First bytes that no other format has."""


FORMATS = (
    Format("csv", (".csv", ".tsv", ".tab", ".txt")),
    Format("xlsx", (".xlsx", ".xlsm"), (b"PK\x03\x04",)),
    Format("ndjson", (".ndjson", ".jsonl", ".geojsonl", ".geojsonseq")),
    Format("geojson", (".geojson",)),
    Format("json", (".json",)),
    Format("parquet", (".parquet", ".geoparquet", ".pq"), (b"PAR1",)),
)


def open_reader(path: Path, mapping: Mapping) -> Reader:
    """The reader of the columns that a mapping reads from this file; errors as `open_file`."""
    return open_file(path, mapping.file, required_columns(mapping))


def open_file(path: Path, file_format: FileFormat, wanted: Sequence[Column] | None) -> Reader:
    """The reader of the `wanted` columns (None for all) of this file. `InputError` for a file in none of the formats."""
    head = read_head(path)
    if is_reject_export(head):
        return CsvReader(path, FileFormat(decimal=file_format.decimal), wanted, head)
    detected = detect_format(path, head)
    name = file_format.format or detected
    if name in ("xlsx", "parquet"):
        return _open_archive(name, path, file_format, wanted, head)
    if name == "csv":
        return CsvReader(path, file_format, wanted, head)
    readers: dict[str, type[NdjsonReader | JsonReader | MessageReader]] = {
        "ndjson": NdjsonReader,
        "json": JsonReader,
        "geojson": GeoJsonReader,
        "vk": VkReader,
        "telegram": TelegramReader,
    }
    return readers[name](path, file_format, wanted)


def describe_encoding_doubt(path: Path, file_format: FileFormat) -> str:
    """What is doubtful about the encoding that a CSV file is read in; blank where it is declared or clear."""
    head = read_head(path)
    if file_format.encoding or is_reject_export(head) or (file_format.format or detect_format(path, head)) != "csv":
        return ""
    guess = guess_encoding(head.content)
    return (
        f"{path.name} is read as {encoding_label(guess.name)}, {guess.reason}, which is doubtful: {guess.doubt}. "
        "Look at its words, and name another one as encoding in [file] of the mapping where they are wrong."
        if guess.doubt
        else ""
    )


def describe_export(path: Path, file_format: FileFormat) -> str:
    """Which mapping reads a file that is an export of a social network; blank for another file, or one whose form the mapping names."""
    head = read_head(path)
    if file_format.format or file_format.rows or is_reject_export(head):
        return ""
    name = recognise_export(head.content, detect_format(path, head))
    return f"{path.name} looks like an export that the shipped mapping {name} reads: --mapping {name}" if name else ""


def row_format(reader: Reader, wanted: Sequence[Column]) -> RowFormat:
    """How the rows of this reader are split; known once its first batch was read."""
    if isinstance(reader, CsvReader):
        return {"columns": list(reader.header), "delimiter": reader.delimiter, "quote": reader.quote}
    return {"asked": [[column.name, *column.other_names] for column in wanted]}


def is_reject_export(head: FileHead) -> bool:
    """Whether a file holds rejected rows as `geo ingest rejects --csv` writes them, whatever format they had before."""
    first = REJECT_COLUMNS[0].encode()
    start = head.content.removeprefix(b"\xef\xbb\xbf").removeprefix(b'"')
    return start.startswith(first) and start[len(first) :].removeprefix(b'"')[:1] in tuple(map(str.encode, DELIMITERS))


def _open_archive(name: str, path: Path, file_format: FileFormat, wanted: Sequence[Column] | None, head: FileHead) -> Reader:
    """The formats that are read from several places at once; their libraries are loaded only when needed."""
    require_modules(f"cannot read {path}", "openpyxl" if name == "xlsx" else "pyarrow")
    opener = partial(unpack, path) if head.compressed else None
    if name == "xlsx":
        from ingest.readers.xlsx import XlsxReader

        return XlsxReader(path, file_format, wanted, opener)
    from ingest.readers.parquet import ParquetReader

    return ParquetReader(path, file_format, wanted, opener)


def detect_format(path: Path, head: FileHead) -> FormatName:
    """The format by the first bytes, else by the suffix of the name, else by the look of the text."""
    for known in FORMATS:
        if known.magic and head.content.startswith(known.magic):
            return known.name
    packed = Path(head.member) if head.member else path
    bare = packed.with_suffix("") if packed.suffix.lower() in _COMPRESSED_SUFFIXES else packed
    by_suffix = next((known.name for known in FORMATS if bare.suffix.lower() in known.suffixes), None)
    # Of the text formats only this one needs neither a header nor brackets: without a row it is whole.
    if (label := describe_foreign(head.content)) and not (label == EMPTY and by_suffix == "ndjson"):
        raise InputError(f"cannot read {path}: it is {label}; allowed: {', '.join(known.name for known in FORMATS)}")
    return by_suffix if by_suffix and by_suffix != "json" else _detect_by_look(head.content)


def _detect_by_look(content: bytes) -> FormatName:
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip(b"\x1e \t\r\n")
    if not text.startswith((b"{", b"[")):
        return "csv"
    first, _, second = text.partition(b"\n")
    if first.rstrip().endswith(b"}") and second.lstrip(b"\x1e \t\r\n").startswith(b"{"):
        return "ndjson"
    return "geojson" if text.startswith(b"{") and b'"FeatureCollection"' in content else "json"
