"""Giving rejects back: rows in the columns of their input, with their reasons, to be mended and loaded again."""

import csv
import io
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, TextIO

import asyncpg
import orjson

from geo_service.core.database import database_errors
from geo_service.core.errors import InputError
from geo_service.core.model import RejectReason
from geo_service.core.named_queries import query
from ingest.readers import RETURNED, Column, Reader
from ingest.readers.csv import CsvReader
from ingest.readers.records import flatten, unwrap_feature

PAGE = 1000

RowFormat = Mapping[str, Any]
"""How an input's rows are cut: `columns`, `delimiter` and `quote` of a CSV; of what has objects for rows `asked`, the columns
that the mapping reads, each with all names that it may have."""


def row_format(reader: Reader, asked: Sequence[Column]) -> RowFormat:
    """The form of what a reader has begun to read."""
    if isinstance(reader, CsvReader):
        return {"columns": list(reader.header), "delimiter": reader.delimiter, "quote": reader.quote}
    return {"asked": [[one.name, *one.others] for one in asked]}


def split_row(text: str, form: RowFormat) -> Mapping[str, str] | None:
    """A rejected row as the input's columns; None where it cannot be cut into them."""
    fields = _cells(text, form) if form.get("columns") else _members(text)
    # Rejects that were mended and refused again: why they were refused before is not part of them.
    return None if fields is None else {name: value for name, value in fields.items() if name not in RETURNED}


def _cells(text: str, form: RowFormat) -> Mapping[str, str] | None:
    quoting: dict[str, Any] = {"quotechar": form["quote"]} if form["quote"] else {"quoting": csv.QUOTE_NONE}
    try:
        (cells,) = csv.reader(io.StringIO(text, newline=""), delimiter=form["delimiter"], strict=True, **quoting)
    except (csv.Error, ValueError):
        return None
    return dict(zip(form["columns"], cells, strict=True)) if len(cells) == len(form["columns"]) else None


def _members(text: str) -> Mapping[str, str] | None:
    try:
        found = orjson.loads(text)
        return flatten(unwrap_feature(found)) if isinstance(found, dict) else None
    except ValueError:
        return None


async def rejects(held: asyncpg.Connection, run: int, warnings: bool = False) -> AsyncIterator[asyncpg.Record]:
    """The rows that this run was the last to meet and could not use, in the order of the input; warnings: those used in part, too."""
    left_out = [] if warnings else [one.value for one in RejectReason if one.is_warning]
    after = (-1, 0)
    while True:
        with database_errors("read rejected rows"):
            rows = await held.fetch(query("ingest.list_rejects"), run, *after, left_out, PAGE)
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = (rows[-1]["line"], rows[-1]["id"])


async def read_row_format(held: asyncpg.Connection, run: int) -> RowFormat:
    """How the run's rows are cut. `InputError` where there is no such run."""
    with database_errors("look for the run"):
        row = await held.fetchrow(query("ingest.list_runs"), run + 1, 1)
    if row is None or row["id"] != run:
        raise InputError(f"there is no run {run}; geo ingest runs lists them")
    form: RowFormat = orjson.loads(row["row_format"])
    return form


async def write_csv(held: asyncpg.Connection, run: int, out: TextIO, warnings: bool = False) -> int:
    """Write the run's rejects as CSV; how many there are. The rows are read twice: the columns of objects are known at their end."""
    form = await read_row_format(held, run)
    columns = dict.fromkeys(name for name in form.get("columns", ()) if name not in RETURNED)
    if not columns:
        async for row in rejects(held, run, warnings):
            columns |= dict.fromkeys(split_row(row["row_text"], form) or ())
        columns |= dict.fromkeys(_missing(columns, form))
    writer = csv.DictWriter(out, [*RETURNED, *columns], lineterminator="\r\n")
    writer.writeheader()
    count = 0
    async for row in rejects(held, run, warnings):
        writer.writerow(reject_row(row, form))
        count += 1
    return count


async def count_moved(held: asyncpg.Connection, run: int) -> int:
    """How many rows the run refused that a later one has refused since, or that are forgotten."""
    with database_errors("count rejected rows"):
        return int(
            await held.fetchval(query("ingest.count_superseded_rejects"), run, [one.value for one in RejectReason if one.is_warning])
        )


def reject_row(row: asyncpg.Record, form: RowFormat) -> dict[str, str]:
    """A reject as a row of the columns RETURNED and of the input's own."""
    fields = split_row(row["row_text"], form)
    about = (f"{row['line'] or ''}", row["reason"], row["detail"], row["row_text"] if fields is None else "")
    return dict(zip(RETURNED, about, strict=True)) | dict(fields or {})


def _missing(columns: Mapping[str, object], form: RowFormat) -> Iterator[str]:
    """Columns that the mapping reads and that no row names."""
    known = {name.casefold() for name in columns}
    return (names[0] for names in form.get("asked", ()) if not known.intersection(name.casefold() for name in names))
