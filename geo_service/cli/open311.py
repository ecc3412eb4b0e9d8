"""`geo ingest open311`: pulls service requests from a server of Open311 GeoReport v2."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from geo_service import __version__
from geo_service.cli.ingest import QUIET_SECONDS, MappingName, reject_hint, summary
from geo_service.core.errors import InputError
from geo_service.core.settings import Settings, read_settings
from ingest.runs.run_counts import RunCounts

if TYPE_CHECKING:  # At run time these are imported when they are needed: other commands must not wait for them.
    from ingest.pull.client import ClientPolicy
    from ingest.pull.pull import PullCallbacks, PullRequest

_told = Console(stderr=True, highlight=False)
_shown = Console(highlight=False)

Address = Annotated[str, typer.Argument(metavar="URL", help="The endpoint, such as https://city.example.org/open311/v2, or its discovery.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Requests received from then on; needed only the first time.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Requests received before then; now when left out.")]
Jurisdiction = Annotated[str | None, typer.Option("--jurisdiction", help="jurisdiction_id, where a server has several.")]
ApiKey = Annotated[str | None, typer.Option("--api-key", help="Where a server wants one to read; better in GEO_OPEN311_PULL_KEY.")]
SourceCode = Annotated[str | None, typer.Option("--source", help="Code of the source; else the server's name, or your own mapping's.")]
PerSecond = Annotated[float, typer.Option("--per-second", min=0.01, max=100, help="Requests over HTTP a second, at most.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, max=3600, help="Seconds for one answer.")]
Retries = Annotated[int, typer.Option("--retries", min=0, max=20, help="After a failure, each with a longer pause.")]
Again = Annotated[bool, typer.Option("--again", help="Ask for everything since --since (or the first pull) once more.")]


def open311_command(
    url: Address,
    since: Since = None,
    until: Until = None,
    jurisdiction: Jurisdiction = None,
    api_key: ApiKey = None,
    mapping: MappingName = "open311",
    source: SourceCode = None,
    per_second: PerSecond = 1,
    timeout: Timeout = 60,
    retries: Retries = 6,
    again: Again = False,
) -> None:
    """Pull service requests from an Open311 server; pulling again brings what is new and what has changed."""
    from ingest.pull.client import ClientPolicy
    from ingest.pull.pull import PullRequest

    settings = read_settings()
    begin, end = (_instant(name, text, settings.zone) for name, text in (("--since", since), ("--until", until)))
    asked = PullRequest(url, begin, end, jurisdiction, source, again, api_key or settings.open311_pull_key)
    agent = settings.open311_pull_agent or f"geo-service/{__version__} (Open311 client)"
    _pull(settings, asked, ClientPolicy(agent, per_second, timeout, retries), mapping)


def _pull(settings: Settings, asked: "PullRequest", manners: "ClientPolicy", mapping_name: str) -> None:
    from geo_service.cluster.private_cluster import database_url
    from geo_service.core.database import migrate
    from ingest.mapping.mapping import load_mapping
    from ingest.pull.pull import pull
    from ingest.runs.run import ingest_options

    mapping = load_mapping(mapping_name)
    rules = ingest_options(settings)
    with database_url(settings, _note) as url:
        asyncio.run(migrate(url))
        began = time.monotonic()
        with _progress() as told:
            run, tally = asyncio.run(pull(url, asked, manners, mapping, mapping_name, told, rules))
    _shown.print(summary(tally, time.monotonic() - began))
    if hint := reject_hint(run, tally):
        _shown.print(hint, soft_wrap=True)


def _instant(name: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{name}: {text!r} is no date; allowed: 2026-11-24 or 2026-11-24T10:15:00+03:00") from error
    return read if read.tzinfo else read.replace(tzinfo=zone)


@contextmanager
def _progress() -> Iterator["PullCallbacks"]:
    """A progress bar over the time that is asked for on a terminal, elsewhere a line now and then."""
    from ingest.pull.pull import PullCallbacks

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[count]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_told, disable=not _told.is_terminal) as bar:
        task = bar.add_task("", count="")

        def counted(tally: RunCounts) -> None:
            bar.update(task, completed=tally.bytes_read, count=f"{tally.read:,} requests")
            line(bar.tasks[0].description, 100 * tally.bytes_read // max(int(bar.tasks[0].total or 0), 1), tally)

        line = _quiet() if bar.disable else lambda *_: None
        yield PullCallbacks(_note, lambda name, size: bar.update(task, description=name, total=size), counted)


def _quiet() -> Callable[[str, int, RunCounts], None]:
    last = time.monotonic()

    def told(name: str, share: int, tally: RunCounts) -> None:
        nonlocal last
        if time.monotonic() - last >= QUIET_SECONDS:
            last = time.monotonic()
            _note(f"{name}: {share} %, {tally.read:,} requests")

    return told


def _note(text: str) -> None:
    _told.print(text, soft_wrap=True, markup=False)
