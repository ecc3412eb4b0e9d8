"""Export rejected rows in the columns of their input, with their reasons, to be corrected and loaded again."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

import asyncpg
import orjson

from geo_service.core.database import database_errors
from geo_service.core.errors import InputError
from geo_service.core.model import RejectReason
from geo_service.core.sql.named_queries import query
from ingest.readers import REJECT_COLUMNS, RowFormat
from ingest.readers.records import flatten, unwrap_feature

PAGE = 1000
"""Rows of a query."""

_WARNINGS = [reason.value for reason in RejectReason if reason.is_warning]


def split_row(text: str, row_format: RowFormat) -> Mapping[str, str] | None:
    """A rejected row as the input's columns; None where it cannot be split into them."""
    fields = _split_csv(text, row_format) if row_format.get("columns") else _split_object(text)
    # A corrected row that was rejected again: the columns of its earlier rejection are not the input's.
    return None if fields is None else {name: value for name, value in fields.items() if name not in REJECT_COLUMNS}


def _split_csv(text: str, row_format: RowFormat) -> Mapping[str, str] | None:
    quoting: dict[str, Any] = {"quotechar": row_format["quote"]} if row_format["quote"] else {"quoting": csv.QUOTE_NONE}
    try:
        (cells,) = csv.reader(io.StringIO(text, newline=""), delimiter=row_format["delimiter"], strict=True, **quoting)
    except (csv.Error, ValueError):
        return None
    columns = row_format["columns"]
    return dict(zip(columns, cells, strict=True)) if len(cells) == len(columns) else None


def _split_object(text: str) -> Mapping[str, str] | None:
    try:
        values = orjson.loads(text)
        return flatten(unwrap_feature(values)) if isinstance(values, dict) else None
    except ValueError:
        return None


async def read_rejects(connection: asyncpg.Connection, run: int, warnings: bool = False) -> AsyncIterator[asyncpg.Record]:
    """The rows that this run was the last to reject, in the order of the input; warnings: rows used only in part, too."""
    excluded = [] if warnings else _WARNINGS
    after = (-1, 0)
    while True:
        with database_errors("read rejected rows"):
            rows = await connection.fetch(query("ingest.list_rejects"), run, *after, excluded, PAGE)
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = (rows[-1]["line"], rows[-1]["id"])


async def read_row_format(connection: asyncpg.Connection, run: int) -> RowFormat:
    """How the run's rows are split. `InputError` where there is no such run."""
    with database_errors("look for the run"):
        row = await connection.fetchrow(query("ingest.list_runs"), run + 1, 1)
    if row is None or row["id"] != run:
        raise InputError(f"there is no run {run}; geo ingest runs lists them")
    row_format: RowFormat = orjson.loads(row["row_format"])
    return row_format


async def write_csv(connection: asyncpg.Connection, run: int, out: TextIO, warnings: bool = False) -> int:
    """Write the run's rejects as CSV; returns their number. Rows that are objects are read twice: first for their columns."""
    row_format = await read_row_format(connection, run)
    columns = dict.fromkeys(name for name in row_format.get("columns", ()) if name not in REJECT_COLUMNS)
    if not columns:
        async for row in read_rejects(connection, run, warnings):
            columns |= dict.fromkeys(split_row(row["row_text"], row_format) or ())
        columns |= dict.fromkeys(_absent_columns(columns, row_format))
    writer = csv.DictWriter(out, [*REJECT_COLUMNS, *columns], lineterminator="\r\n")
    writer.writeheader()
    count = 0
    async for row in read_rejects(connection, run, warnings):
        writer.writerow(_export_row(row, row_format))
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class Superseded:
    """Rejected rows of a run that it does not list any more."""

    erased: int
    """Rows whose text was erased by `geo forget`."""
    missing: int
    """Other rows: later runs have met them again, or the input repeats them."""
    later_runs: Sequence[int]
    """Later runs of the same input that have rejected rows."""

    def describe(self, run: int) -> Iterator[str]:
        """Yield a sentence for each place where the rows are."""
        if self.missing and self.later_runs:
            commands = ", ".join(f"geo ingest rejects --run {later}" for later in self.later_runs)
            yield f"{self.missing:,} more rejected rows of run {run} were rejected again by a later run of the same input: {commands}"
        elif self.missing:
            yield f"{self.missing:,} more rejected rows of run {run} are equal to rows that are listed."
        if self.erased:
            yield f"{self.erased:,} more rejected rows of run {run} were erased by geo forget."


async def find_superseded(connection: asyncpg.Connection, run: int, warnings: bool = False) -> Superseded:
    """Return where the rejected rows of a run are that it does not list any more; warnings: rows used only in part, too."""
    excluded = [] if warnings else _WARNINGS
    with database_errors("count rejected rows"):
        row = await connection.fetchrow(query("ingest.find_superseded_rejects"), run, excluded, warnings)
    return Superseded(row["erased"], row["missing"], row["later_runs"])


def _export_row(row: asyncpg.Record, row_format: RowFormat) -> dict[str, str]:
    """A reject as the columns REJECT_COLUMNS and those of the input."""
    fields = split_row(row["row_text"], row_format)
    about = (f"{row['line'] or ''}", row["reason"], row["detail"], row["row_text"] if fields is None else "")
    return dict(zip(REJECT_COLUMNS, about, strict=True)) | dict(fields or {})


def _absent_columns(columns: Mapping[str, object], row_format: RowFormat) -> Iterator[str]:
    """Columns that the mapping reads and no row has."""
    known = {name.casefold() for name in columns}
    return (names[0] for names in row_format.get("asked", ()) if not known.intersection(name.casefold() for name in names))
