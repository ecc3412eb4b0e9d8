"""A pull: everything that a server has since a date, or since the last pull."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from geo_service.core.database import database_errors, open_connection
from geo_service.core.errors import InputError
from geo_service.core.named_queries import query
from ingest.mapping.mapping import STAND_IN, Mapping, with_source
from ingest.pull.checkpoint import plan, read_checkpoint, write_checkpoint
from ingest.pull.client import Client, ClientPolicy, shown
from ingest.pull.discovery import Endpoint, find
from ingest.pull.paging import PAGE_SIZE
from ingest.pull.reader import Open311Reader
from ingest.readers.columns import required_columns
from ingest.runs.run import IngestOptions, Input, ingest_input
from ingest.runs.run_counts import RunCounts


@dataclass(frozen=True, slots=True)
class PullRequest:
    """What a person asks for."""

    url: str
    """Of the endpoint or of its discovery."""
    since: datetime | None = None
    until: datetime | None = None
    jurisdiction: str | None = None
    source: str | None = None
    """Code of the source; else the server's name, or that of a mapping of one's own."""
    again: bool = False
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class PullCallbacks:
    """Whom a pull tells of its progress."""

    note: Callable[[str], None]
    """A line for people."""
    begins: Callable[[str, int], None]
    """The endpoint, and the seconds of the span that is asked for."""
    counted: Callable[[RunCounts], None]
    """After each batch; `RunCounts.bytes_read` is in seconds of the span."""


async def pull(
    url: str,
    asked: PullRequest,
    manners: ClientPolicy,
    mapping: Mapping,
    mapping_name: str,
    told: PullCallbacks,
    rules: IngestOptions,
) -> tuple[int, RunCounts]:
    """Pull into the migrated database at `url`; the run's id and its counts.

    `InputError` names the address and what was got where the server cannot be read; what was written until then stays, and
    the next pull goes on from there. Otherwise as `ingest.runs.run.ingest_input`.
    """
    async with AsyncExitStack() as stack:
        client = stack.enter_context(Client(manners, {"api_key": asked.api_key} if asked.api_key else {}, told.note))
        parameters = {"jurisdiction_id": asked.jurisdiction} if asked.jurisdiction else {}
        endpoint = await asyncio.to_thread(find, client.ask, asked.url, parameters)
        name = shown(endpoint.url) + (f"?jurisdiction_id={asked.jurisdiction}" if asked.jurisdiction else "")
        mapping = named_mapping(mapping, endpoint, asked.source)
        held = await stack.enter_async_context(open_connection(url))
        await _lock(held, mapping.source.code, name)
        mark, now = await read_checkpoint(held, mapping.source.code, name), datetime.now(UTC).replace(microsecond=0)
        planned = plan(mark, asked.since, asked.until, now, again=asked.again)
        reader = Open311Reader(client.ask, endpoint, parameters, planned.span, required_columns(mapping), told.note)
        told.begins(name, reader.size)

        async def noted(writing: asyncpg.Connection, position: int) -> None:
            await write_checkpoint(writing, mapping.source.code, name, planned.reached(planned.span.at(position)))

        run_input = Input(name, lambda: reader, mapping, mapping_name, Path(mapping_name), noted)
        # Whoever is interrupted does not wait for the thread that asks: it is told to leave first.
        stack.callback(client.stop)
        run, tally = await ingest_input(url, run_input, told.counted, replace(rules, batch_size=PAGE_SIZE))
        await write_checkpoint(held, mapping.source.code, name, planned.ended())
    return run, tally


def named_mapping(mapping: Mapping, endpoint: Endpoint, code: str | None) -> Mapping:
    """The mapping with the source that this server is."""
    host = urlsplit(endpoint.url).netloc.rpartition("@")[2]
    if code is None and mapping.source.code != STAND_IN:
        return mapping
    return with_source(mapping, code or host[:60], host)


async def _lock(held: asyncpg.Connection, source: str, endpoint: str) -> None:
    with database_errors("see whether another pull is under way"):
        if not await held.fetchval(query("open311.acquire_pull_lock"), source, endpoint):
            raise InputError(f"cannot pull {endpoint}: another pull of it is under way")
