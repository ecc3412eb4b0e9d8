"""`geo ingest runs` and `geo ingest rejects`: what was read, what became of it, and the rows that could not be used."""

import asyncio
import io
import sys
from typing import Annotated, Any

import asyncpg
import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

_COUNTS = ("read", "new", "changed", "unchanged", "repeated", "stale", "linked")
_BY_KIND = ("rejected", "warned", "located")
_SHOWN_ROWS = 50
_LONGEST_SHOWN = 200

Limit = Annotated[int, typer.Option("--limit", min=1, max=100_000, help="How many runs, the newest first.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Run = Annotated[int, typer.Option("--run", min=1, max=10**18, help="The run's number, as geo ingest runs shows it.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="Print all rows in the columns of the input: mend them, and load them again.")]
Warned = Annotated[bool, typer.Option("--warnings", help="Also rows that were loaded, but only in part.")]


def runs_command(limit: Limit = 20, as_json: AsJson = False) -> None:
    """List what was loaded: when, from where, what became of the rows, and how places were found."""
    runs = _with_database(lambda held: _read_runs(held, limit))
    if as_json:
        typer.echo(orjson.dumps(runs, option=orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z).decode())
    else:
        _shown.print(_runs_table(runs))


def rejects_command(run: Run, as_csv: AsCsv = False, warnings: Warned = False) -> None:
    """Give back the rows that a run could not use, with line and reason."""
    if as_csv:
        _with_database(lambda held: _print_csv(held, run, warnings))
        return
    rows = _with_database(lambda held: _first_rejects(held, run, warnings))
    if not rows:
        _told.print(f"No row of run {run} was rejected{'' if warnings else '; --warnings shows those that were loaded only in part'}.")
        return
    _shown.print(_rejects_table(rows[:_SHOWN_ROWS]))
    if len(rows) > _SHOWN_ROWS:
        _told.print(f"These are the first {_SHOWN_ROWS}; --csv gives all.")


async def _print_csv(held: asyncpg.Connection, run: int, warnings: bool) -> None:
    from ingest.runs.reject_export import count_superseded, write_csv

    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True)
    try:
        await write_csv(held, run, out, warnings)
    finally:
        # Or standard output would be closed with it.
        out.detach()
    if moved := await count_superseded(held, run):
        _told.print(
            f"{moved:,} more rejects of this run are not here: a later run of the same input met them again, or they were forgotten."
        )


def _with_database(work: Any) -> Any:
    """What `work` gives for a connection to the migrated database."""
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate, open_connection
    from geo_service.core.settings import read_settings

    async def run(url: str) -> Any:
        await migrate(url)
        async with open_connection(url) as held:
            return await work(held)

    with database_url(read_settings(), lambda text: _told.print(text, soft_wrap=True, markup=False)) as url:
        return asyncio.run(run(url))


async def _read_runs(held: asyncpg.Connection, limit: int) -> list[dict[str, Any]]:
    from geo_service.core.database import database_errors
    from geo_service.core.named_queries import query

    with database_errors("read the runs"):
        rows = await held.fetch(query("ingest.list_runs"), None, limit)
    return [{name: orjson.loads(value) if name in _BY_KIND else value for name, value in row.items() if name != "form"} for row in rows]


async def _first_rejects(held: asyncpg.Connection, run: int, warnings: bool) -> list[asyncpg.Record]:
    from ingest.runs.reject_export import read_rejects, read_row_format

    await read_row_format(held, run)
    rows = []
    async for row in read_rejects(held, run, warnings):
        rows.append(row)
        if len(rows) > _SHOWN_ROWS:
            break
    return rows


def _runs_table(runs: list[dict[str, Any]]) -> Table:
    table = Table("run", "input, mapping, state, start (UTC)", "rows", "rejected", "places found by words", show_lines=True)
    for column in table.columns[1:]:
        column.overflow = "fold"
    for run in runs:
        about = (run["input"], run["mapping"], run["state"], run["started_at"].strftime("%Y-%m-%d %H:%M:%S"))
        rows = [f"{run[name]:,} {name}" for name in _COUNTS if run[name] or name == "read"]
        refused = [*_spelt(run["rejected"]), *(f"{one} (kept)" for one in _spelt(run["warned"]))]
        table.add_row(str(run["id"]), *map(escape, map("\n".join, (about, rows, refused, _spelt(run["located"])))))
    return table


def _spelt(counts: dict[str, int]) -> list[str]:
    return [f"{count:,} {name}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1])]


def _rejects_table(rows: list[asyncpg.Record]) -> Table:
    table = Table("line", "reason", "cause", "row")
    for row in rows:
        table.add_row(f"{row['line'] or ''}", row["reason"], *(escape(row[name][:_LONGEST_SHOWN]) for name in ("detail", "row_text")))
    return table
