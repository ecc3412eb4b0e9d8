"""`geo geocode`: find places for the incidents in the queue, or show how a text is geocoded."""

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer
from rich.table import Table

from geo_service.cli.console import print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.core.errors import InputError
from geo_service.core.resources import require_modules
from geo_service.core.settings import Settings, read_settings

if TYPE_CHECKING:  # Imported when needed: other commands do not wait for it.
    from ingest.geocoding import StepResult
    from ingest.geocoding.chain import GeocodingOutcome
    from ingest.geocoding.configuration import GeocodingConfiguration
    from ingest.geocoding.server import GeocodingServer
    from ingest.jobs.geocode_backlog import BacklogResult

Pending = Annotated[bool, typer.Option("--pending", help="Geocode the incidents that wait for a place, or for a more precise one.")]
Again = Annotated[bool, typer.Option("--again", help="With --pending: also try incidents again for which no step has found a place.")]
ExplainText = Annotated[
    str | None, typer.Option("--explain", metavar="TEXT", help="Write nothing; show what each step finds for this address or text.")
]


def geocode_command(pending: Pending = False, again: Again = False, explain: ExplainText = None) -> None:
    """Find places for incidents that came without coordinates."""
    if pending == (explain is not None):
        raise InputError("nothing to do; allowed: one of --pending and --explain TEXT")
    from ingest.geocoding.configuration import read_configuration

    settings = read_settings()
    configuration = read_configuration(settings.geocoding)
    with open_database(settings) as url:
        if explain is not None:
            print_result(asyncio.run(_explain(url, settings, configuration, explain)))
        else:
            _geocode_pending(url, settings, configuration, again)


def _geocode_pending(url: str, settings: Settings, configuration: "GeocodingConfiguration", again: bool) -> None:
    from ingest.jobs.geocode_backlog import geocode_backlog

    async def run() -> "BacklogResult":
        async with AsyncExitStack() as stack:
            server = await _open_server(stack, url, settings, configuration)
            return await geocode_backlog(url, configuration, server, show, again=again, near_m=settings.district_near_m)

    with progress_bar() as bar:

        def show(counts: "BacklogResult") -> None:
            note = f"{counts.processed:,}/{counts.total:,}, {sum(counts.placed.values()):,} placed"
            bar.update("Finding places", counts.processed, counts.total, note)

        result = asyncio.run(run())
    print_result(_summary_table(result))
    if result.stopped:
        print_message("The geocoding server is not available now; the incidents that need it stay in the queue.")


async def _open_server(
    stack: AsyncExitStack, url: str, settings: Settings, configuration: "GeocodingConfiguration"
) -> "GeocodingServer | None":
    """Return the geocoding server of the settings, open until `stack` closes; None if there is none."""
    from geo_service.core.database import open_connection
    from ingest.write.reference_data import read_region

    if settings.geocoder is None:
        return None
    require_modules("cannot ask a geocoding server", "geopy", "purgatory")
    from ingest.geocoding.server import GeocodingServer, read_server_address

    if (address := read_server_address(settings)) is None:
        return None
    async with open_connection(url) as connection:
        region = await read_region(connection, configuration.bounds)
    return await stack.enter_async_context(GeocodingServer(address, configuration.server, region))


async def _explain(url: str, settings: Settings, configuration: "GeocodingConfiguration", text: str) -> Table:
    from geo_service.core.database import open_connection

    async with AsyncExitStack() as stack:
        server = await _open_server(stack, url, settings, configuration)
        connection = await stack.enter_async_context(open_connection(url))
        return await explain_table(connection, configuration, server, text)


async def explain_table(
    connection: asyncpg.Connection, configuration: "GeocodingConfiguration", server: "GeocodingServer | None", text: str
) -> Table:
    """Return a table of what each step finds for `text`, and what the chain makes of it."""
    from ingest.geocoding import GeocodeQuery
    from ingest.geocoding.factory import make_chain
    from ingest.write.reference_data import read_region

    chain = await make_chain(connection, configuration, await read_region(connection, configuration.bounds), server)
    (outcome,) = await chain.locate([GeocodeQuery(text)])
    table = _trace_table(outcome, text)
    if "server" in configuration.steps and server is None:
        table.add_row("server", "none is configured (GEO_GEOCODER, GEO_GEOCODER_URL)")
    table.add_row("[bold]result[/bold]", _describe(outcome.place) if outcome.place else "no place found")
    return table


def _trace_table(outcome: "GeocodingOutcome", text: str) -> Table:
    table = Table("step", "result", title=text, title_justify="left")
    for step, result, rejection in outcome.trace:
        table.add_row(step, f"{_describe(result)}; not used: {rejection}" if rejection else _describe(result))
        for candidate in getattr(result, "candidates", ()):
            district = f" ({candidate.district})" if candidate.district else ""
            table.add_row("", f"  perhaps {candidate.name}{district}: {candidate.lng:.5f}, {candidate.lat:.5f}")
    return table


def _describe(result: "StepResult") -> str:
    from ingest.geocoding import Deferred, GeocodedPlace

    if isinstance(result, GeocodedPlace):
        place = f"{result.name}: {result.lng:.5f}, {result.lat:.5f}"
        return f"{place}; {result.quality.code}, confidence {result.confidence:.2f}, by {result.geocoded_by.code}"
    return f"deferred: {result.reason}" if isinstance(result, Deferred) else result.reason


def _summary_table(result: "BacklogResult") -> Table:
    table = Table("incidents", "count", title=f"{result.processed:,} of {result.total:,} in the queue", title_justify="left")
    table.columns[1].justify = "right"
    for quality, count in sorted(result.placed.items()):
        table.add_row(f"placed: {quality.code}", f"{count:,}")
    table.add_row("kept the place that they had: nothing more precise was found", f"{result.kept:,}")
    table.add_row("no place found by any step", f"{result.unknown:,}")
    table.add_row("deferred: the server was not available", f"{result.deferred:,}")
    if result.left:
        table.add_row("not tried: the server is down", f"{result.left:,}")
    return table
