"""`geo ingest`: load a file, check it, or suggest a mapping for it.

`geo ingest FILE` is short for `geo ingest load FILE`: an argument that is not the name of a command is the name of a file.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from typer.core import TyperGroup

from geo_service.cli.console import print_document, print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import InputError
from ingest.mapping.mapping import Mapping, load_mapping, shipped_names, with_source

if TYPE_CHECKING:
    from geo_service.core.settings import Settings
    from ingest.runs.run import RunCounts

EXPLAINED_ROWS = 3

_RARE_COUNTS = (
    ("repeated", "repeated in the file"),
    ("stale", "older than the stored incident"),
    ("near", "assigned to the nearest district"),
    ("without_district", "outside of all districts"),
    ("linked", "near-duplicates of an earlier incident from another source"),
)
"""Counts that are shown only if they are not 0."""

_DEFAULT_COMMAND = "load"

_FORMATS = "CSV, XLSX, JSON, NDJSON, GeoJSON, Parquet, or an export of VK or Telegram; also compressed as .gz, .zst or .zip."

File = Annotated[Path, typer.Argument(help=_FORMATS, metavar="FILE")]
MappingName = Annotated[str, typer.Option("--mapping", help=f"{', '.join(shipped_names())}, or the path of your own TOML file.")]
SourceCode = Annotated[
    str | None, typer.Option("--source", help="Code of the source instead of the mapping's: for corrected rows of an Open311 server.")
]
Explain = Annotated[bool, typer.Option("--explain", help="Load nothing; show how the first rows are read.")]
Rows = Annotated[int, typer.Option("--rows", min=1, max=1000, help="Number of rows that --explain shows.")]
Examples = Annotated[int, typer.Option("--examples", min=0, max=100, help="Number of rows shown for each reason.")]
SuggestRows = Annotated[int, typer.Option("--rows", min=1, help="Number of rows that are read.")]
BatchSize = Annotated[int, typer.Option("--batch-size", min=1, max=1_000_000, help="Rows in one transaction.")]


class _DefaultCommandGroup(TyperGroup):
    """A group whose default command is `load`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # typer's context is click's
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = [_DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)


ingest_commands = typer.Typer(
    cls=_DefaultCommandGroup,
    no_args_is_help=True,
    help="Load a file of messages: geo ingest FILE. Or check it first.",
)


@ingest_commands.command(_DEFAULT_COMMAND)
def load_command(
    file: File,
    mapping: MappingName = "plain",
    source: SourceCode = None,
    explain: Explain = False,
    rows: Rows = EXPLAINED_ROWS,
    batch_size: BatchSize = 20_000,
) -> None:
    """Load a file of messages; loading it again changes nothing."""
    columns = load_mapping(mapping)
    if source is not None:
        columns = with_source(columns, source, source)
    if explain:
        from geo_service.core.calendar.deadlines import read_deadlines
        from geo_service.core.settings import read_settings
        from ingest.runs.preview import preview_rows

        settings = read_settings()
        deadlines = read_deadlines(settings.deadlines, settings.zone)
        for table in preview_rows(file, columns, rows, deadlines, settings.unknown_status):
            print_result(table)
    else:
        _load(file, columns, mapping, batch_size)


@ingest_commands.command("check")
def check_command(file: File, mapping: MappingName = "plain", examples: Examples = 3) -> None:
    """Read and check a whole file without loading it; the exit code is 1 if rows would be rejected."""
    from geo_service.core.settings import read_settings
    from ingest.runs.dry_run import check_file

    columns = load_mapping(mapping)
    started = time.monotonic()
    _print_doubts(file, columns)
    with _run_progress(file.name, _size_or_zero(file)) as show:
        result = check_file(file, columns, read_settings(), show, examples)
    for table in result.tables(time.monotonic() - started):
        print_result(table)
    if result.counts.rejected:
        raise typer.Exit(1)


@ingest_commands.command("suggest")
def suggest_command(file: File, rows: SuggestRows = 200_000) -> None:
    """Suggest a mapping for a file, with the reason for each guess; prints TOML."""
    from geo_service.core.settings import read_settings
    from ingest.suggest.toml_writer import suggest_mapping

    print_document(suggest_mapping(file, rows, read_settings().zone.key))


@ingest_commands.command("link")
def link_command() -> None:
    """Link all near-duplicates again by the current settings. A load does so by itself after a change of these settings."""
    from geo_service.core.settings import read_settings

    settings = read_settings()
    with open_database(settings) as url:
        print_result(f"{_link(url, settings):,} incidents are near-duplicates of an earlier one.")


def _link(url: str, settings: "Settings") -> int:
    from ingest.write.duplicates import DuplicateRule, LinkProgress, relink_all

    with progress_bar() as bar:

        def show(progress: LinkProgress) -> None:
            bar.update("Linking near-duplicates", progress.seen, progress.total)

        return asyncio.run(relink_all(url, DuplicateRule(settings.duplicate_distance_m, settings.duplicate_span_h), show))


def _link_if_needed(url: str, settings: "Settings") -> None:
    from ingest.write.duplicates import DuplicateRule, rule_is_current

    if not asyncio.run(rule_is_current(url, DuplicateRule(settings.duplicate_distance_m, settings.duplicate_span_h))):
        print_message("The settings of near-duplicates have changed: all incidents are linked again first.")
        _link(url, settings)


def _load(file: Path, columns: Mapping, mapping: str, batch_size: int) -> None:
    from geo_service.core.settings import read_settings
    from ingest.runs.run import file_input, ingest_input, ingest_options

    settings = read_settings()
    _print_doubts(file, columns)
    options = ingest_options(settings, batch_size)
    with open_database(settings) as url:
        _link_if_needed(url, settings)
        started = time.monotonic()
        # A file that is missing or cannot be read is a failed run as well: the run finds that out.
        with _run_progress(file.name, _size_or_zero(file)) as show:
            run, counts = asyncio.run(ingest_input(url, file_input(file, columns, mapping), show, options))
    print_result(summary_table(counts, time.monotonic() - started))
    if hint := reject_hint(run, counts):
        print_result(hint)


def _size_or_zero(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _print_doubts(file: Path, columns: Mapping) -> None:
    from ingest.readers.detect import describe_encoding_doubt, describe_export

    # A file that cannot be read is the run's error, which is recorded.
    with suppress(InputError):
        for doubt in (describe_encoding_doubt(file, columns.file), describe_export(file, columns.file)):
            if doubt:
                print_message(doubt)


@contextmanager
def _run_progress(name: str, size: int) -> Iterator[Callable[["RunCounts"], None]]:
    """Show the progress of a file of `size` bytes; yield a function that takes the counts after each batch."""
    started = time.monotonic()
    with progress_bar() as bar:

        def show(counts: "RunCounts") -> None:
            rate = round(counts.read / max(time.monotonic() - started, 1e-3))
            bar.update(name, counts.bytes_read, size, f"{counts.read:,} rows, {rate:,} rows/s")

        yield show


def summary_table(counts: "RunCounts", seconds: float) -> Table:
    """Return the counts of a run that took `seconds`."""
    rate = counts.read / max(seconds, 1e-3)
    table = Table("rows", "count", title=f"{counts.read:,} rows in {seconds:.1f} s, {rate:,.0f} rows/s", title_justify="left")
    table.columns[1].justify = "right"
    for name in ("read", "new", "changed", "unchanged"):
        table.add_row(name, f"{getattr(counts, name):,}")
    for name, label in _RARE_COUNTS:
        if count := getattr(counts, name):
            table.add_row(label, f"{count:,}")
    for label, text in counts.summary_rows():
        table.add_row(label, text)
    return table


def reject_hint(run: int, counts: "RunCounts") -> str:
    """Return how to see the rows of a run that were rejected, or loaded only in part; empty if there are none."""
    command = f"geo ingest rejects --run {run}"
    lines = []
    if counts.rejected:
        lines.append(f"Rejected rows are stored with their reasons. To see them: {command}; to correct them in a file: {command} --csv")
    if counts.warned:
        lines.append(f"Rows that were loaded only in part are shown by {command} --warnings")
    return "\n".join(lines)
