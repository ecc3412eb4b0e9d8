"""`geo serve`: serve the map and its data."""

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING

from geo_service.cli.console import print_message
from geo_service.cli.db import open_database
from geo_service.core.settings import Settings, read_settings

if TYPE_CHECKING:  # Imported when needed: other commands do not wait for it.
    from geo_service.server.app import Application

Prepare = Callable[[str], None]
"""Work before the server starts; takes the address of the database."""

Job = Callable[[str], Coroutine[object, object, None]]
"""Work beside the server; takes the address of the database."""


def serve_command() -> None:
    """Serve the map and its data until Ctrl-C."""
    run_server()


def run_server(prepare: Prepare = lambda url: None, jobs: tuple[Job, ...] = ()) -> None:
    """Bind the port, migrate the database, call `prepare`, then serve with `jobs` beside the server until Ctrl-C."""
    from geo_service.server.run import Server

    settings = read_settings()
    with Server(settings) as server, open_database(settings) as url:
        prepare(url)
        server.run(_application_factory(url), [partial(job, url) for job in (_watch_runs, *jobs)], on_started=_print_address)


def _application_factory(url: str) -> "Callable[[Settings], Application]":
    """Return a function that makes the application for the database at `url`."""
    from geo_service.cli.application import make_application

    return lambda settings: make_application(settings.model_copy(update={"database_url": url}))


async def _watch_runs(url: str) -> None:
    from ingest.runs.interrupted import watch_interrupted_runs

    await watch_interrupted_runs(url)


def _print_address(address: str) -> None:
    print_message(f"\nThe map is at {address}  (Ctrl-C stops it)")
