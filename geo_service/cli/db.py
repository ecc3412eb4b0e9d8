"""`geo db`: start, stop and migrate the database; and the database that every command opens."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from geo_service.cli.console import print_message
from geo_service.cluster.private_cluster import Cluster, database_url
from geo_service.core.errors import ClusterError
from geo_service.core.settings import Settings, read_settings
from geo_service.core.signals import signals_held

db_commands = typer.Typer(help="The database: the private cluster, or the one in GEO_DATABASE_URL.", no_args_is_help=True)


@contextmanager
def open_database(settings: Settings) -> Iterator[str]:
    """Yield the address of the database with its schema migrated; a private cluster runs for the time of the block."""
    from geo_service.core.database import migrate as migrate_schema

    with database_url(settings, print_message) as url:
        asyncio.run(migrate_schema(url))
        yield url


@db_commands.command()
def start() -> None:
    """Start the private cluster and leave it running."""
    cluster = _private_cluster(read_settings())
    with signals_held():
        cluster.start(pin=True)
        cluster.release()
    status()


@db_commands.command()
def stop(now: Annotated[bool, typer.Option("--now", help="Even if other commands are using it.")] = False) -> None:
    """Stop the private cluster as soon as no command uses it."""
    if _private_cluster(read_settings()).stop(now=now):
        print_message("The private cluster is stopped.")
    else:
        print_message("Another command is using the private cluster; it stops with that. To stop it at once: geo db stop --now")


@db_commands.command()
def status() -> None:
    """Show whether the private cluster is running, and where."""
    settings = read_settings()
    if settings.database_url:
        return typer.echo("GEO_DATABASE_URL names the database; no private cluster is used")
    cluster = _private_cluster(settings).status()
    pinned = ", stays until geo db stop" if cluster.pinned else ""
    process = f", port {cluster.port}, process {cluster.pid}{pinned}" if cluster.pid else ""
    return typer.echo(f"{cluster.state}: {cluster.data}{process}")


@db_commands.command()
def migrate() -> None:
    """Migrate the database's schema to this version."""
    with open_database(read_settings()):
        print_message("The schema is current.")


def _private_cluster(settings: Settings) -> Cluster:
    if settings.database_url:
        raise ClusterError("cannot use the private cluster: GEO_DATABASE_URL names another database")
    return Cluster(settings.home, on_message=print_message)
