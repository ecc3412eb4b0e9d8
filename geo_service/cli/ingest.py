"""`geo ingest`: loads a file, or shows what it would become.

The name of a file stands where a command would: a group that finds no command by that name loads the file.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from typer.core import TyperGroup

from ingest.mapping.mapping import Mapping, load_mapping, shipped_names, with_source
from ingest.runs.run_counts import RunCounts

if TYPE_CHECKING:
    from geo_service.core.settings import Settings

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

QUIET_SECONDS = 5
"""Between two lines of progress where there is no terminal."""

ROWS_EXPLAINED = 3

_SELDOM = (
    ("repeated", "repeated in the file"),
    ("stale", "older than known"),
    ("near", "placed near a district"),
    ("without_district", "placed in no district"),
    ("linked", "linked to what another source told first"),
)
"""Counts that are shown only where there is something to count."""

_LOAD = "load"

_FORMATS = "CSV, XLSX, JSON, NDJSON, GeoJSON or Parquet; what is text also packed as .gz or .zst."

File = Annotated[Path, typer.Argument(help=_FORMATS, metavar="FILE")]
MappingName = Annotated[str, typer.Option("--mapping", help=f"{', '.join(shipped_names())}, or the path of your own TOML file.")]
SourceCode = Annotated[
    str | None, typer.Option("--source", help="Code of the source, if not the mapping's: so that mended requests of a server stay its own.")
]
Explain = Annotated[bool, typer.Option("--explain", help="Load nothing; show what the first rows would become.")]
Rows = Annotated[int, typer.Option("--rows", min=1, max=1000, help="How many rows --explain shows.")]
Examples = Annotated[int, typer.Option("--examples", min=0, max=100, help="Rows shown for each reason.")]
SuggestRows = Annotated[int, typer.Option("--rows", min=1, help="How many rows are looked at.")]
BatchSize = Annotated[int, typer.Option("--batch-size", min=1, max=1_000_000, help="Rows to a transaction.")]


class _Group(TyperGroup):
    """A group whose command to load may be left out: `geo ingest FILE` is `geo ingest load FILE`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's context is click's
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_LOAD, *args]
        return super().parse_args(ctx, args)


ingest_commands = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    help="Load a file of messages: geo ingest FILE. Or look at it first.",
)


@ingest_commands.command(_LOAD)
def load(
    file: File,
    mapping: MappingName = "plain",
    source: SourceCode = None,
    explain: Explain = False,
    rows: Rows = ROWS_EXPLAINED,
    batch_size: BatchSize = 20_000,
) -> None:
    """Load a file of messages; loading it again changes nothing."""
    meant = load_mapping(mapping)
    if source is not None:
        meant = with_source(meant, source, source)
    if explain:
        from geo_service.core.calendar.deadlines import read_deadlines
        from geo_service.core.settings import read_settings
        from ingest.runs.preview import preview_rows

        settings = read_settings()
        for table in preview_rows(file, meant, rows, read_deadlines(settings.deadlines, settings.zone)):
            _shown.print(table)
    else:
        _load(file, meant, mapping, batch_size)


@ingest_commands.command()
def check(file: File, mapping: MappingName = "plain", examples: Examples = 3) -> None:
    """Read and check a whole file without loading it; the exit code is 1 when rows would be rejected."""
    from geo_service.core.settings import read_settings
    from ingest.runs.dry_run import check_file

    meant = load_mapping(mapping)
    began = time.monotonic()
    with progress(file.name, file.stat().st_size if file.exists() else 0) as told:
        found = check_file(file, meant, read_settings(), told, examples)
    for table in found.tables(time.monotonic() - began):
        _shown.print(table)
    if found.counts.rejected:
        raise typer.Exit(1)


@ingest_commands.command()
def suggest(file: File, rows: SuggestRows = 200_000) -> None:
    """Propose a mapping for a file, with the reason for each guess; prints TOML."""
    from geo_service.core.settings import read_settings
    from ingest.suggest.toml_writer import suggest_mapping

    typer.echo(suggest_mapping(file, rows, read_settings().zone.key), nl=False)


@ingest_commands.command("link")
def link_command() -> None:
    """Link near-duplicates anew by the settings, as a load does by itself when these have changed."""
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from geo_service.core.settings import read_settings

    settings = read_settings()
    with database_url(settings, lambda text: _told.print(text, soft_wrap=True, markup=False)) as url:
        asyncio.run(migrate(url))
        _shown.print(f"{_link(url, settings):,} incidents are near-duplicates of an earlier one.")


def _link(url: str, settings: "Settings") -> int:
    from ingest.write.duplicates import DuplicateRule, LinkProgress, relink_all

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_told, disable=not _told.is_terminal) as bar:
        task = bar.add_task("Linking near-duplicates")

        def told(done: LinkProgress) -> None:
            bar.update(task, completed=done.seen, total=done.total)

        return asyncio.run(relink_all(url, DuplicateRule(settings.duplicate_distance_m, settings.duplicate_span_h), told))


def _link_if_needed(url: str, settings: "Settings") -> None:
    from ingest.write.duplicates import DuplicateRule, rule_is_current

    if not asyncio.run(rule_is_current(url, DuplicateRule(settings.duplicate_distance_m, settings.duplicate_span_h))):
        _told.print("The rule of near-duplicates is a new one: all incidents are linked by it first.")
        _link(url, settings)


def _load(file: Path, meant: Mapping, mapping: str, batch_size: int) -> None:
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from geo_service.core.settings import read_settings
    from ingest.readers.file_content import size_of
    from ingest.runs.run import file_input, ingest_input, ingest_options

    size = size_of(file)
    settings = read_settings()
    rules = ingest_options(settings, batch_size)
    with database_url(settings, lambda text: _told.print(text, soft_wrap=True, markup=False)) as url:
        asyncio.run(migrate(url))
        _link_if_needed(url, settings)
        began = time.monotonic()
        with progress(file.name, size) as told:
            run, tally = asyncio.run(ingest_input(url, file_input(file, meant, mapping), told, rules))
    _shown.print(summary(tally, time.monotonic() - began))
    if hint := reject_hint(run, tally):
        _shown.print(hint, soft_wrap=True)


@contextmanager
def progress(name: str, size: int) -> Iterator[Callable[[RunCounts], None]]:
    """A progress bar on a terminal, elsewhere a line now and then; takes the counts after each batch."""
    if not _told.is_terminal:
        yield _lines(name, size)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        DownloadColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_told) as bar:
        task, began = bar.add_task(name, total=size, rate=""), time.monotonic()
        yield lambda tally: bar.update(task, completed=tally.bytes_read, rate=f"{_rate(tally, began):,} rows/s")


def _lines(name: str, size: int) -> Callable[[RunCounts], None]:
    began = time.monotonic()
    last = began

    def told(tally: RunCounts) -> None:
        nonlocal last
        if time.monotonic() - last >= QUIET_SECONDS:
            last = time.monotonic()
            _told.print(f"{name}: {100 * tally.bytes_read // max(size, 1)} %, {tally.read:,} rows, {_rate(tally, began):,} rows/s")

    return told


def _rate(tally: RunCounts, began: float) -> int:
    return round(tally.read / max(time.monotonic() - began, 1e-3))


def summary(tally: RunCounts, seconds: float) -> Table:
    """The counts of a run."""
    table = Table(
        "rows",
        "count",
        title=f"{tally.read:,} rows in {seconds:.1f} s, {tally.read / max(seconds, 1e-3):,.0f} rows/s",
        title_justify="left",
    )
    table.columns[1].justify = "right"
    for name in ("read", "new", "changed", "unchanged"):
        table.add_row(name, f"{getattr(tally, name):,}")
    for name, meaning in _SELDOM:
        if count := getattr(tally, name):
            table.add_row(meaning, f"{count:,}")
    for told, shown in tally.summary_rows():
        table.add_row(told, shown)
    return table


def reject_hint(run: int, tally: RunCounts) -> str:
    """How to see the rows of a run that could not be used, or only in part; blank where there are none."""
    shown = f"geo ingest rejects --run {run}"
    told = [f"Rejected rows are kept with their reasons, to be mended: {shown}, and with --csv as a file."] if tally.rejected else []
    told += [f"Rows that were loaded only in part are shown by {shown} --warnings"] if tally.warned else []
    return "\n".join(told)
