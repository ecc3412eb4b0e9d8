"""Find the wanted columns in an input's header; keep out text that PostgreSQL cannot store."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from geo_service.core.errors import InputError
from ingest.mapping.mapping import Mapping as ColumnMapping
from ingest.readers import BrokenRow, Column, RawBatch

MOST_COLUMNS = 10_000
"""More than any table has; bounds the memory of a row."""

_NAMES_LISTED = 60
"""Of a header, in a message."""

_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


def required_columns(mapping: ColumnMapping) -> list[Column]:
    """The input's columns that a mapping reads, each once."""
    wanted: dict[str, Column] = {}
    for field, name in mapping.columns.model_dump().items():
        if name:
            needed = field not in mapping.optional or (name in wanted and wanted[name].needed)
            wanted[name] = Column(name, mapping.other_names.get(field, ()), needed)
    return list(wanted.values())


def find_columns(header: Sequence[str], wanted: Sequence[Column] | None, path: Path) -> dict[str, int | None]:
    """The index in `header` of each wanted column (None: of all); None where it is absent and not needed.

    Names are compared as they are and then without regard to case. `InputError` for a column that is missing or is there
    twice, and for too many columns.
    """
    if len(header) > MOST_COLUMNS:
        raise InputError(f"cannot read {path}: its header has {len(header):,} columns; allowed: {MOST_COLUMNS:,}")
    columns = [Column(name) for name in dict.fromkeys(header) if name] if wanted is None else wanted
    indexes = _indexes_by_name(header)
    found = {column.name: _find_column(column, header, indexes, path) for column in columns}
    if missing := [column.name for column in columns if column.needed and found[column.name] is None]:
        raise InputError(f"cannot read {path}: no column {', '.join(missing)}; there are: {header_text(header)}")
    return found


def header_text(header: Sequence[str]) -> str:
    """The names for a message, cut off where there are very many."""
    more = f" and {len(header) - _NAMES_LISTED:,} more" if len(header) > _NAMES_LISTED else ""
    return (", ".join(header[:_NAMES_LISTED]) or "none") + more


def _indexes_by_name(header: Sequence[str]) -> dict[str, list[int]]:
    indexes: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        indexes.setdefault(name, []).append(index)
    for name, same in [(name.casefold(), same) for name, same in indexes.items()]:
        indexes.setdefault(name, same)
    return indexes


def _find_column(column: Column, header: Sequence[str], indexes: Mapping[str, list[int]], path: Path) -> int | None:
    for name in (column.name, *column.other_names):
        same = indexes.get(name) or indexes.get(name.casefold())
        if same and len(same) > 1:
            raise InputError(f"cannot read {path}: more than one column is named {header[same[0]]}")
        if same:
            return same[0]
    return None


class RowTexts(Sequence[str]):
    """Rows of columns as JSON objects, each made only on access: few rows are rejects."""

    def __init__(self, columns: Mapping[str, Sequence[str]], count: int) -> None:
        self._columns, self._count = columns, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # slices are not needed
        if not -self._count <= row < self._count:
            raise IndexError(row)
        return orjson.dumps({name: column[row] for name, column in self._columns.items() if column[row]}).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(self._count))


def make_batch(
    columns: dict[str, list[str]], lines: Sequence[int], texts: Sequence[str] | None, broken: list[BrokenRow], bytes_read: int
) -> RawBatch:
    """A batch without the rows that PostgreSQL cannot store: those with a NUL or half of a surrogate pair become broken rows.

    `texts` None: the rows' texts are their JSON objects.
    """
    rows = range(len(lines))
    row_texts: Sequence[str] = RowTexts(columns, len(lines)) if texts is None else texts
    bad = {row for column in columns.values() if not _is_storable("".join(column)) for row in rows if not _is_storable(column[row])}
    if not bad:
        return RawBatch(columns, lines, row_texts, broken, bytes_read)
    broken = broken + [BrokenRow(lines[row], _escaped_row(columns, row), "a NUL or half of a character") for row in sorted(bad)]
    kept = [row for row in rows if row not in bad]
    kept_columns = {name: [column[row] for row in kept] for name, column in columns.items()}
    kept_texts = RowTexts(kept_columns, len(kept)) if texts is None else [texts[row] for row in kept]
    return RawBatch(kept_columns, [lines[row] for row in kept], kept_texts, broken, bytes_read)


def storable_text(text: str) -> str:
    """A row's text as it can be kept: without its line end, with undecodable bytes and NUL as escapes."""
    row = text.rstrip("\r\n")
    return row.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _is_storable(value: str) -> bool:
    return _NOT_STORABLE.search(value) is None


def _escaped_row(columns: Mapping[str, Sequence[str]], row: int) -> str:
    return json.dumps({name: column[row] for name, column in columns.items() if column[row]})
