"""Find out how a file is laid out before its columns are looked at: lines above the header, delimiter, encoding."""

from dataclasses import dataclass
from pathlib import Path

from ingest.mapping.mapping import FileFormat
from ingest.readers.csv import DELIMITERS, find_separator_line, head_lines, split_line
from ingest.readers.detect import detect_format, is_reject_export, open_file
from ingest.readers.encodings import EncodingGuess, guess_encoding
from ingest.readers.file_content import read_head
from ingest.readers.header_search import find_table_header


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How the rows of a file are found."""

    format_name: str
    skip: int = 0
    """Lines (of a sheet: rows) above the header."""
    separator: str = ""
    """Delimiter that a first line `sep=` names."""
    encoding: EncodingGuess | None = None
    """Of a CSV file."""

    @property
    def file_format(self) -> FileFormat:
        """With what the file is read."""
        return FileFormat(skip=self.skip)


def find_layout(path: Path) -> FileLayout:
    """The layout of the file at `path`. `InputError` for one that cannot be read."""
    head = read_head(path)
    name = detect_format(path, head)
    if is_reject_export(head):
        return FileLayout("csv")
    if name == "csv":
        return _find_csv_layout(head.content)
    return FileLayout(name, find_table_header(_first_rows(path)) if name == "xlsx" else 0)


def _find_csv_layout(head: bytes) -> FileLayout:
    encoding = guess_encoding(head)
    if separator := find_separator_line(head, encoding.name):
        return FileLayout("csv", separator=separator, encoding=encoding)
    lines = head_lines(head, encoding.name)
    tables = [[split_line(line, delimiter) for line in lines] for delimiter in DELIMITERS]
    # The delimiter that makes the most cells: a title above the table has hardly any.
    table = max(tables, key=lambda rows: sum(len(row) - 1 for row in rows if row))
    return FileLayout("csv", find_table_header(table), encoding=encoding)


def _first_rows(path: Path) -> list[list[str]]:
    from ingest.readers.xlsx import XlsxReader

    reader = open_file(path, FileFormat(), None)
    return reader.first_rows() if isinstance(reader, XlsxReader) else []
