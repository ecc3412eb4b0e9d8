"""`geo ingest open311`: pull service requests from an Open311 GeoReport v2 server."""

import asyncio
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from geo_service import __version__
from geo_service.cli.console import ProgressBar, print_message, print_result, progress_bar
from geo_service.cli.db import open_database
from geo_service.cli.ingest import MappingName, reject_hint, summary_table
from geo_service.core.errors import InvalidParameter
from geo_service.core.instants import parse_iso_instant
from geo_service.core.settings import Settings, read_settings

if TYPE_CHECKING:  # Imported when needed: other commands do not wait for it.
    from ingest.pull.client import ClientPolicy
    from ingest.pull.pull import PullCallbacks, PullRequest
    from ingest.runs.run import RunCounts

EndpointUrl = Annotated[
    str, typer.Argument(metavar="URL", help="The endpoint, such as https://city.example.org/open311/v2, or its discovery document.")
]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Requests received since then; needed only the first time.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Requests received before then; default: now.")]
Jurisdiction = Annotated[str | None, typer.Option("--jurisdiction", help="jurisdiction_id, for a server with several.")]
ApiKey = Annotated[str | None, typer.Option("--api-key", help="API key, if the server needs one to read; better set GEO_OPEN311_PULL_KEY.")]
SourceCode = Annotated[str | None, typer.Option("--source", help="Code of the source; default: the server's name, or your own mapping's.")]
PerSecond = Annotated[float, typer.Option("--per-second", min=0.01, max=100, help="HTTP requests a second, at most.")]
Timeout = Annotated[float, typer.Option("--timeout", min=1, max=3600, help="Seconds to wait for one response.")]
Retries = Annotated[int, typer.Option("--retries", min=0, max=20, help="Attempts after a failure, each after a longer pause.")]
Again = Annotated[bool, typer.Option("--again", help="Request everything since --since (or the first pull) again.")]


def open311_command(
    url: EndpointUrl,
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
    begin, end = (_parse_option(name, text, settings.zone) for name, text in (("--since", since), ("--until", until)))
    request = PullRequest(url, begin, end, jurisdiction, source, again, api_key or settings.open311_pull_key)
    agent = settings.open311_pull_agent or f"geo-service/{__version__} (Open311 client)"
    _pull(settings, request, ClientPolicy(agent, per_second, timeout, retries), mapping)


def _pull(settings: Settings, request: "PullRequest", policy: "ClientPolicy", mapping_name: str) -> None:
    from ingest.mapping.mapping import load_mapping
    from ingest.pull.pull import pull
    from ingest.runs.run import ingest_options

    mapping = load_mapping(mapping_name)
    options = ingest_options(settings)
    with open_database(settings) as url:
        started = time.monotonic()
        with progress_bar() as bar:
            run, counts = asyncio.run(pull(url, request, policy, mapping, mapping_name, _make_callbacks(bar), options))
    print_result(summary_table(counts, time.monotonic() - started))
    if hint := reject_hint(run, counts):
        print_result(hint)


def _parse_option(name: str, text: str | None, zone: ZoneInfo) -> datetime | None:
    if text is None:
        return None
    try:
        return parse_iso_instant(text, zone)
    except ValueError as error:
        raise InvalidParameter(name, f"{text[:40]!r} is not an instant", "2026-11-24 or 2026-11-24T10:15:00+03:00") from error


def _make_callbacks(bar: ProgressBar) -> "PullCallbacks":
    """Show progress over the requested time span: the position of the last request, in seconds."""
    from ingest.pull.pull import PullCallbacks

    endpoint, span_s = "", 0

    def on_start(name: str, seconds: int) -> None:
        nonlocal endpoint, span_s
        endpoint, span_s = name, seconds
        bar.update(endpoint, 0, span_s, "")

    def on_batch(counts: "RunCounts") -> None:
        bar.update(endpoint, counts.bytes_read, span_s, f"{counts.read:,} requests")

    return PullCallbacks(print_message, on_start, on_batch)
