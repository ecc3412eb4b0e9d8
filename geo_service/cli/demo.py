"""`geo demo`: the demo region made, kept alive and served; `geo demo feed`: only kept alive."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Job = Callable[[str], Coroutine[object, object, None]]
"""Work beside the server, with the database's address."""

Serve = Callable[[Callable[[str], None], Job], None]
"""Serves until Ctrl-C: first the preparation with the database's address, then the job beside the server."""

PerMinute = Annotated[float, typer.Option("--per-minute", min=0, max=6000, help="Messages a minute that the feed adds, on average.")]
Afresh = Annotated[bool, typer.Option("--afresh", help="Delete the region first, and make it again.")]

_told = Console(stderr=True, highlight=False)


def demo_commands(serve: Serve) -> typer.Typer:
    """The commands; `serve` is what `geo serve` does."""
    commands = typer.Typer(help="The demo region: made-up messages in Krasnodar Krai.", no_args_is_help=False)

    @commands.callback(invoke_without_command=True)
    def demo(context: typer.Context, per_minute: PerMinute = 6, afresh: Afresh = False) -> None:
        """Make the demo region (made-up messages in Krasnodar Krai), keep it alive and serve it until Ctrl-C."""
        if context.invoked_subcommand is None:
            serve(lambda url: asyncio.run(prepare(url, afresh=afresh)), lambda url: _feed(url, per_minute))

    @commands.command()
    def feed(per_minute: PerMinute = 6) -> None:
        """Go on adding made-up messages and moving open ones along, until Ctrl-C."""
        from geo_service.cluster.private_cluster import database_url
        from geo_service.core.database import migrate
        from geo_service.core.settings import read_settings

        with database_url(read_settings(), _say) as url:
            asyncio.run(migrate(url))
            asyncio.run(prepare(url))
            _say(f"Adding about {per_minute:g} made-up messages a minute (Ctrl-C stops)")
            asyncio.run(_feed(url, per_minute))

    return commands


async def prepare(url: str, *, afresh: bool = False) -> None:
    """The names of settlements, the districts and the demo region are in the database, level with now."""
    from geo_service.core.settings import read_settings
    from ingest.demo.db_writer import delete_demo, refresh
    from ingest.demo.district_loader import load_districts
    from ingest.jobs.place_names import are_loaded, load_places

    near_m = read_settings().district_near_m
    if not await are_loaded(url):
        _say("Loading the names of settlements")
        await load_places(url)
    if afresh:
        _say(f"Deleted {await delete_demo(url):,} made-up messages")
    if await load_districts(url, near_m):
        _say("Loaded the districts of the demo region; their boundaries are approximate")
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=_told) as bar:
        task = bar.add_task("Making the demo region", total=None)
        done = await refresh(url, time.time(), lambda ready, all_: bar.update(task, completed=ready, total=all_), near_m)
    _say(f"The demo region is ready: {done.new:,} new messages, {done.changed:,} changed. All of them are made up.")


async def _feed(url: str, per_minute: float) -> None:
    from geo_service.core.settings import read_settings
    from ingest.demo.feed import feed

    await feed(url, per_minute, _say, read_settings().district_near_m)


def _say(text: str) -> None:
    _told.print(text, soft_wrap=True, markup=False)
