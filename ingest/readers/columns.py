"""Finding the columns asked for in what an input has; writing down rows that were no text."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import orjson

from geo_service.core.errors import InputError
from ingest.readers import BrokenRow, Column, RawBatch

MOST_COLUMNS = 10_000
"""More than any table has; bounds the memory of a row."""

_NAMES_TOLD = 60
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def find_columns(header: Sequence[str], wanted: Sequence[Column] | None, path: Path) -> dict[str, int | None]:
    """For each column asked for its place in `header`, None when it is not there and need not be.

    Names are compared as they are and then without regard to case. `InputError` for a column that is missing, that is
    there twice, or when there are too many.
    """
    if len(header) > MOST_COLUMNS:
        raise InputError(f"cannot read {path}: its header has {len(header):,} columns; allowed: {MOST_COLUMNS:,}")
    asked = [Column(name) for name in dict.fromkeys(header) if name] if wanted is None else wanted
    spelt = _spellings(header)
    found = {one.name: _place(one, header, spelt, path) for one in asked}
    if missing := [one.name for one in asked if one.needed and found[one.name] is None]:
        raise InputError(f"cannot read {path}: no column {', '.join(missing)}; there are: {header_text(header)}")
    return found


def header_text(header: Sequence[str]) -> str:
    """The names for a message, not all of very many."""
    more = f" and {len(header) - _NAMES_TOLD:,} more" if len(header) > _NAMES_TOLD else ""
    return (", ".join(header[:_NAMES_TOLD]) or "none") + more


def _spellings(header: Sequence[str]) -> dict[str, list[int]]:
    spelt: dict[str, list[int]] = {}
    for place, name in enumerate(header):
        spelt.setdefault(name, []).append(place)
    for name, found in [(name.casefold(), found) for name, found in spelt.items()]:
        spelt.setdefault(name, found)
    return spelt


def _place(column: Column, header: Sequence[str], spelt: Mapping[str, list[int]], path: Path) -> int | None:
    for name in (column.name, *column.others):
        found = spelt.get(name) or spelt.get(name.casefold())
        if found and len(found) > 1:
            raise InputError(f"cannot read {path}: more than one column is named {header[found[0]]}")
        if found:
            return found[0]
    return None


class RowTexts(Sequence[str]):
    """Rows of columns as JSON objects, each made only when it is asked for: few rows are rejects."""

    def __init__(self, columns: Mapping[str, Sequence[str]], count: int) -> None:
        self._columns, self._count = columns, count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> str:  # type: ignore[override]  # no slices are asked for
        if not -self._count <= row < self._count:
            raise IndexError(row)
        return orjson.dumps({name: column[row] for name, column in self._columns.items() if column[row]}).decode()

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(self._count))


def clean_columns(
    columns: dict[str, list[str]], lines: Sequence[int], texts: Sequence[str] | None, broken: list[BrokenRow], at: int
) -> RawBatch:
    """A batch without the rows that PostgreSQL cannot keep: those with a NUL or half of a surrogate pair are broken.

    `texts` None means that the rows are to be written as JSON.
    """
    rows = range(len(lines))
    written: Sequence[str] = RowTexts(columns, len(lines)) if texts is None else texts
    bad = {row for column in columns.values() if not _is_text("".join(column)) for row in rows if not _is_text(column[row])}
    if not bad:
        return RawBatch(columns, lines, written, broken, at)
    broken = broken + [BrokenRow(lines[row], _escaped(columns, row), "a NUL or half of a character") for row in sorted(bad)]
    kept = [row for row in rows if row not in bad]
    left = {name: [column[row] for row in kept] for name, column in columns.items()}
    lines = [lines[row] for row in kept]
    return RawBatch(left, lines, RowTexts(left, len(lines)) if texts is None else [texts[row] for row in kept], broken, at)


def _is_text(value: str) -> bool:
    return _NO_TEXT.search(value) is None


def _escaped(columns: Mapping[str, Sequence[str]], row: int) -> str:
    return json.dumps({name: column[row] for name, column in columns.items() if column[row]})
