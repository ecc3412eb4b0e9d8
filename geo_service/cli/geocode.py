"""`geo geocode`: finds places for what waits, or shows how words are understood."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from geo_service.core.errors import InputError
from geo_service.core.extras import require
from geo_service.core.settings import Settings, read_settings

if TYPE_CHECKING:  # At run time these are imported when they are needed: other commands must not wait for them.
    from ingest.geocoding.configuration import GeocodingConfiguration
    from ingest.geocoding.server import Server
    from ingest.jobs.geocode_backlog import BacklogResult

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

Pending = Annotated[bool, typer.Option("--pending", help="Work through the incidents that wait for a place, or for a finer one.")]
Again = Annotated[bool, typer.Option("--again", help="With --pending: ask anew also for what no step knew before.")]
Words = Annotated[
    str | None, typer.Option("--explain", metavar="TEXT", help="Write nothing; show each step's view of this address or text.")
]


def geocode_command(pending: Pending = False, again: Again = False, explain: Words = None) -> None:
    """Find places for incidents that came without coordinates."""
    if pending == (explain is not None):
        raise InputError("nothing to do; allowed: one of --pending and --explain TEXT")
    settings = read_settings()
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from ingest.geocoding.configuration import read_configuration

    configuration = read_configuration(settings.geocoding)

    with database_url(settings, lambda text: _told.print(text, soft_wrap=True, markup=False)) as url:
        asyncio.run(migrate(url))
        if explain is not None:
            _shown.print(asyncio.run(_explained(url, settings, configuration, explain)))
        else:
            _work(url, settings, configuration, again)


def _work(url: str, settings: Settings, configuration: "GeocodingConfiguration", again: bool) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[placed]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_told, disable=not _told.is_terminal) as bar:
        task = bar.add_task("Finding places", placed="")

        def told(worked: "BacklogResult") -> None:
            bar.update(task, total=worked.total, completed=worked.asked, placed=f"{sum(worked.placed.values()):,} placed")

        worked = asyncio.run(_worked(url, settings, configuration, told, again))
    _shown.print(summary(worked))
    if worked.stopped:
        _told.print("The geocoding server cannot be asked now; what waits for it is kept for later.")


async def _worked(
    url: str, settings: Settings, configuration: "GeocodingConfiguration", told: "Callable[[BacklogResult], None]", again: bool
) -> "BacklogResult":
    from ingest.jobs.geocode_backlog import geocode_backlog

    async with AsyncExitStack() as stack:
        server = await _server(stack, url, settings, configuration)
        return await geocode_backlog(url, configuration, server, told, again=again, near_m=settings.district_near_m)


async def _server(stack: AsyncExitStack, url: str, settings: Settings, configuration: "GeocodingConfiguration") -> "Server | None":
    from geo_service.core.database import open_connection
    from ingest.geocoding.factory import read_region

    if settings.geocoder is None:
        return None
    require("cannot ask a geocoding server", "geopy", "purgatory")
    from ingest.geocoding.server import Server, address_of

    if (address := address_of(settings)) is None:
        return None
    async with open_connection(url) as held:
        region = await read_region(held, configuration)
    return await stack.enter_async_context(Server(address, configuration.server, region))


async def _explained(url: str, settings: Settings, configuration: "GeocodingConfiguration", text: str) -> Table:
    from geo_service.core.database import open_connection
    from ingest.geocoding.explain import explain_table

    async with AsyncExitStack() as stack:
        server = await _server(stack, url, settings, configuration)
        held = await stack.enter_async_context(open_connection(url))
        return await explain_table(held, configuration, server, text)


def summary(worked: "BacklogResult") -> Table:
    """What has been done."""
    table = Table("incidents", "count", title=f"{worked.asked:,} of {worked.total:,} that waited", title_justify="left")
    table.columns[1].justify = "right"
    for quality, count in sorted(worked.placed.items()):
        table.add_row(f"placed: {quality.code}", f"{count:,}")
    table.add_row("not known to any step", f"{worked.unknown:,}")
    table.add_row("delayed: the server could not be asked", f"{worked.delayed:,}")
    return table
