"""The `geo` command: puts the parts together and says errors in one line."""

import asyncio
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from geo_service import __version__
from geo_service.cli.boundaries import commands as boundary_commands
from geo_service.cli.deadlines import deadlines_command
from geo_service.cli.demo import Job, demo_commands
from geo_service.cli.export import export_command
from geo_service.cli.forget import forget_command
from geo_service.cli.geocode import geocode_command
from geo_service.cli.ingest import ingest_commands
from geo_service.cli.ingest_runs import rejects_command, runs_command
from geo_service.cli.open311 import open311_command
from geo_service.cli.places import places
from geo_service.cluster.private_cluster import Cluster, database_url
from geo_service.core.errors import ClusterError, GeoError
from geo_service.core.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)
db = typer.Typer(help="The database: the private cluster, or the one in GEO_DATABASE_URL.", no_args_is_help=True)
app.add_typer(db, name="db")

_told = Console(stderr=True, highlight=False)

if TYPE_CHECKING:
    from fastapi import FastAPI

STOP_CODE = 128


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"geo-service {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")] = False,
) -> None:
    """Citizens' messages as a live heat map."""


@app.command()
def serve() -> None:
    """Serve the map and its data until Ctrl-C."""
    from geo_service.server.run import Server

    settings = read_settings()
    with Server(settings) as server, database_url(settings, _say) as url:
        _migrate(url)
        server.run(_maker(url), on_started=_say_address)


def _serve_demo(prepare: Callable[[str], None], beside: Job) -> None:
    from geo_service.server.run import Server

    settings = read_settings()
    with Server(settings) as server, database_url(settings, _say) as url:
        _migrate(url)
        prepare(url)
        server.run(_maker(url), [partial(beside, url)], on_started=_say_address)


def _maker(url: str) -> "Callable[[Settings], FastAPI]":
    """Makes the application for the database at `url`."""
    from geo_service.cli.application import make_application

    return lambda settings: make_application(settings.model_copy(update={"database_url": url}))


ingest_commands.command("open311")(open311_command)
ingest_commands.command("runs")(runs_command)
ingest_commands.command("rejects")(rejects_command)
app.add_typer(ingest_commands, name="ingest")
app.command("export")(export_command)
app.add_typer(demo_commands(_serve_demo), name="demo")
app.command()(places)
app.command("geocode")(geocode_command)
app.command("forget")(forget_command)
app.command("deadlines")(deadlines_command)
app.add_typer(boundary_commands, name="boundaries")


@db.command()
def start() -> None:
    """Start the private cluster and leave it running."""
    cluster = _cluster(read_settings())
    cluster.start(pin=True)
    cluster.release()
    status()


@db.command()
def stop(now: Annotated[bool, typer.Option("--now", help="Even if other commands are using it.")] = False) -> None:
    """Stop the private cluster, once nobody uses it."""
    if _cluster(read_settings()).stop(now=now):
        _say("The private cluster is stopped.")
    else:
        _say("Another command is using the private cluster; it stops with that. To stop it at once: geo db stop --now")


@db.command()
def status() -> None:
    """Tell whether the private cluster runs, and where."""
    settings = read_settings()
    if settings.database_url:
        return typer.echo("GEO_DATABASE_URL names the database; no private cluster is used")
    found = _cluster(settings).status()
    where = f", port {found.port}, process {found.pid}{', stays until geo db stop' if found.pinned else ''}" if found.pid else ""
    return typer.echo(f"{found.state}: {found.data}{where}")


@db.command()
def migrate() -> None:
    """Bring the database's schema to this version."""
    with database_url(read_settings(), _say) as url:
        _migrate(url)
    _say("The schema is current.")


def main() -> None:
    """Run the command line; an error of ours is one line and its exit code."""
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        app()
    except GeoError as error:
        _told.print(f"[red]geo:[/red] {escape(str(error))}", soft_wrap=True, markup=True)
        sys.exit(error.exit_code)


def _leave(number: int, _: FrameType | None) -> None:
    """End by an exception, so that everything that was started is stopped on the way out."""
    sys.exit(STOP_CODE + number)


def _cluster(settings: Settings) -> Cluster:
    if settings.database_url:
        raise ClusterError("cannot use the private cluster: GEO_DATABASE_URL names another database")
    return Cluster(settings.home, say=_say)


def _migrate(url: str) -> None:
    from geo_service.core.database import migrate as bring_to_this_version

    asyncio.run(bring_to_this_version(url))


def _say(text: str) -> None:
    _told.print(text, soft_wrap=True, markup=False)


def _say_address(address: str) -> None:
    _say(f"\nThe map is at {address}  (Ctrl-C stops it)")
