"""The `geo` command: registers every subcommand and reports errors in one line."""

import signal
import sys
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from geo_service import __version__
from geo_service.cli.alerts import alerts_commands
from geo_service.cli.backtest import backtest_command
from geo_service.cli.basemap import basemap_commands
from geo_service.cli.boundaries import boundaries_commands
from geo_service.cli.catalogue import catalogue_commands
from geo_service.cli.console import STDERR, replace_unknown_characters
from geo_service.cli.db import db_commands
from geo_service.cli.deadlines import deadlines_command
from geo_service.cli.demo import demo_commands
from geo_service.cli.export import export_command
from geo_service.cli.forget import forget_command
from geo_service.cli.geocode import geocode_command
from geo_service.cli.ingest import ingest_commands
from geo_service.cli.ingest_runs import rejects_command, runs_command
from geo_service.cli.open311 import open311_command
from geo_service.cli.places import places_command
from geo_service.cli.report import report_commands
from geo_service.cli.serve import serve_command
from geo_service.core.errors import GeoError

SIGNAL_EXIT_BASE = 128
"""A shell reports a process that a signal ended as 128 + the signal's number."""

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

ingest_commands.command("open311")(open311_command)
ingest_commands.command("runs")(runs_command)
ingest_commands.command("rejects")(rejects_command)

app.add_typer(db_commands, name="db")
app.command("serve")(serve_command)
app.add_typer(ingest_commands, name="ingest")
app.command("export")(export_command)
app.add_typer(report_commands, name="report")
app.command("backtest")(backtest_command)
app.add_typer(demo_commands, name="demo")
app.command("places")(places_command)
app.command("geocode")(geocode_command)
app.command("forget")(forget_command)
app.command("deadlines")(deadlines_command)
app.add_typer(basemap_commands, name="basemap")
app.add_typer(boundaries_commands, name="boundaries")
app.add_typer(catalogue_commands, name="catalogue")
app.add_typer(alerts_commands, name="alerts")


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"geo-service {__version__}")
        raise typer.Exit


@app.callback()
def read_global_options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Citizens' messages as a live heat map."""


def main() -> None:
    """Run the command line. A `GeoError` is printed in one line and ends the process with its exit code."""
    replace_unknown_characters()
    signal.signal(signal.SIGTERM, _exit_on_signal)
    signal.signal(signal.SIGHUP, _exit_on_signal)
    try:
        app()
    except GeoError as error:
        STDERR.print(f"[red]geo:[/red] {escape(str(error))}", soft_wrap=True, markup=True)
        sys.exit(error.exit_code)


def _exit_on_signal(number: int, _: FrameType | None) -> None:
    """End by an exception, so that `finally` blocks stop everything that was started."""
    sys.exit(SIGNAL_EXIT_BASE + number)
