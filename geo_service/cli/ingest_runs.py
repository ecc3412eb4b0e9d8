"""`geo ingest runs` and `geo ingest rejects`: list the runs, their counts and their rejected rows."""

import asyncio
import io
import sys
from typing import Annotated, Any

import asyncpg
import orjson
import typer
from rich.markup import escape
from rich.table import Table

from geo_service.cli.console import print_document, print_message, print_result
from geo_service.cli.db import open_database

_COUNTS = ("read", "new", "changed", "unchanged", "repeated", "stale", "linked")
_COUNTS_BY_REASON = ("rejected", "warned", "located")
_MAX_SHOWN_ROWS = 50
_MAX_TEXT_LENGTH = 200

Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Number of runs, the newest first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Run = Annotated[int, typer.Option("--run", min=1, max=10**18, help="Number of the run, as shown by geo ingest runs.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print all rows with the columns of the input, to correct and load them again.")]
Warned = Annotated[bool, typer.Option("--warnings", help="Include rows that were loaded only in part.")]


def runs_command(limit: Limit = 20, as_json: AsJson = False) -> None:
    """List the runs: start, input, counts of rows, and how places were found."""
    runs = _with_database(lambda connection: _read_runs(connection, limit))
    if as_json:
        print_document(orjson.dumps(runs, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE).decode())
    else:
        print_result(_runs_table(runs))


def rejects_command(run: Run, as_csv: AsCsv = False, warnings: Warned = False) -> None:
    """List the rows that a run has rejected, with line and reason."""
    if as_csv:
        _with_database(lambda connection: _print_csv(connection, run, warnings))
        return
    rows, elsewhere = _with_database(lambda connection: _first_rejects(connection, run, warnings))
    if rows:
        print_result(_rejects_table(rows[:_MAX_SHOWN_ROWS]))
    elif not elsewhere:
        print_message(f"No row of run {run} was rejected{'' if warnings else '; --warnings shows the rows that were loaded only in part'}.")
    if len(rows) > _MAX_SHOWN_ROWS:
        print_message(f"These are the first {_MAX_SHOWN_ROWS}; --csv prints all.")
    for sentence in elsewhere:
        print_message(sentence)


async def _print_csv(connection: asyncpg.Connection, run: int, warnings: bool) -> None:
    from ingest.runs.reject_export import find_superseded, write_csv

    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        await write_csv(connection, run, out, warnings)
    finally:
        # Without this, closing the wrapper would close standard output.
        out.detach()
    for sentence in (await find_superseded(connection, run, warnings)).describe(run):
        print_message(sentence)


def _with_database(work: Any) -> Any:
    """Return the result of `work`, called with a connection to the migrated database."""
    from geo_service.core.database import open_connection
    from geo_service.core.settings import read_settings

    async def run(url: str) -> Any:
        async with open_connection(url) as connection:
            return await work(connection)

    with open_database(read_settings()) as url:
        return asyncio.run(run(url))


async def _read_runs(connection: asyncpg.Connection, limit: int) -> list[dict[str, Any]]:
    from geo_service.core.database import database_errors
    from geo_service.core.sql.named_queries import query

    with database_errors("read the runs"):
        rows = await connection.fetch(query("ingest.list_runs"), None, limit)
    return [
        {name: orjson.loads(value) if name in _COUNTS_BY_REASON else value for name, value in row.items() if name != "row_format"}
        for row in rows
    ]


async def _first_rejects(connection: asyncpg.Connection, run: int, warnings: bool) -> tuple[list[asyncpg.Record], list[str]]:
    """Return the first rejected rows of a run, and sentences on where its other ones are."""
    from ingest.runs.reject_export import find_superseded, read_rejects, read_row_format

    await read_row_format(connection, run)
    rows = []
    async for row in read_rejects(connection, run, warnings):
        rows.append(row)
        if len(rows) > _MAX_SHOWN_ROWS:
            break
    return rows, list((await find_superseded(connection, run, warnings)).describe(run))


def _runs_table(runs: list[dict[str, Any]]) -> Table:
    table = Table("run", "input, mapping, state, start (UTC), sender", "rows", "rejected", "places found by geocoding", show_lines=True)
    for column in table.columns[1:]:
        column.overflow = "fold"
    for run in runs:
        description = [run["input"], run["mapping"], run["state"], run["started_at"].strftime("%Y-%m-%d %H:%M:%S"), *_sender_lines(run)]
        rows = [f"{run[name]:,} {name}" for name in _COUNTS if run[name] or name == "read"]
        rejected = [*_count_lines(run["rejected"]), *(f"{line} (kept)" for line in _count_lines(run["warned"]))]
        table.add_row(str(run["id"]), *map(escape, map("\n".join, (description, rows, rejected, _count_lines(run["located"])))))
    return table


def _sender_lines(run: dict[str, Any]) -> list[str]:
    """Return who sent the run over HTTP; nothing for a file."""
    return [f"{label} {run[name]}" for label, name in (("from", "client"), ("key", "key_id")) if run[name]]


def _count_lines(counts: dict[str, int]) -> list[str]:
    """Return one line for each count, the largest first."""
    return [f"{count:,} {name}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1])]


def _rejects_table(rows: list[asyncpg.Record]) -> Table:
    table = Table("line", "reason", "cause", "row")
    for row in rows:
        table.add_row(f"{row['line'] or ''}", row["reason"], *(escape(row[name][:_MAX_TEXT_LENGTH]) for name in ("detail", "row_text")))
    return table
