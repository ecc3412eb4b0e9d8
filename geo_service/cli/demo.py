"""`geo demo`: make the demo region, keep it alive and serve it; `geo demo feed`: only keep it alive."""

import asyncio
import time
from typing import Annotated

import typer

from geo_service.cli.console import print_message, progress_bar
from geo_service.cli.db import open_database
from geo_service.cli.serve import run_server
from geo_service.core.settings import read_settings

PerMinute = Annotated[
    float,
    typer.Option("--per-minute", min=0, max=6000, help="Messages a minute beside the usual ones, about 220 a day; they distort trends."),
]
Afresh = Annotated[bool, typer.Option("--afresh", help="Delete the region first, and make it again.")]

demo_commands = typer.Typer(help="The demo region: made-up messages in Krasnodar Krai.", no_args_is_help=False)


@demo_commands.callback(invoke_without_command=True)
def demo_command(context: typer.Context, per_minute: PerMinute = 0, afresh: Afresh = False) -> None:
    """Make the demo region (made-up messages in Krasnodar Krai), keep it alive and serve it until Ctrl-C."""
    if context.invoked_subcommand is None:
        run_server(lambda url: asyncio.run(prepare_demo(url, afresh=afresh)), (lambda url: _run_feed(url, per_minute),))


@demo_commands.command("feed")
def feed_command(per_minute: PerMinute = 0) -> None:
    """Add made-up messages and process open ones until Ctrl-C."""
    with open_database(read_settings()) as url:
        asyncio.run(prepare_demo(url))
        more = f", and {per_minute:g} a minute more" if per_minute else ""
        print_message(f"Adding about 220 made-up messages a day{more} (Ctrl-C stops)")
        asyncio.run(_run_feed(url, per_minute))


async def prepare_demo(url: str, *, afresh: bool = False) -> None:
    """Bring the names of settlements, the districts and the demo region into the database, up to now.

    afresh: delete the demo region first.
    """
    from ingest.demo.db_writer import delete_demo, refresh_demo
    from ingest.demo.district_loader import load_demo_districts
    from ingest.jobs.place_names import are_loaded, load_places

    near_m = read_settings().district_near_m
    if not await are_loaded(url):
        print_message("Loading the names of settlements")
        await load_places(url)
    if afresh:
        print_message(f"Deleted {await delete_demo(url):,} made-up messages")
    if await load_demo_districts(url, near_m):
        print_message("Loaded the districts of the demo region; their boundaries are approximate")
    step = "Making the demo region"
    with progress_bar() as bar:
        bar.update(step, 0, None)
        result = await refresh_demo(url, time.time(), lambda done, total: bar.update(step, done, total), near_m)
    print_message(f"The demo region is ready: {result.new:,} new messages, {result.changed:,} changed. All of them are made up.")


async def _run_feed(url: str, per_minute: float) -> None:
    from ingest.demo.feed import run_feed

    await run_feed(url, per_minute, print_message, read_settings().district_near_m)
