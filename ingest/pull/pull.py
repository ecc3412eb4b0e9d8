"""Pull service requests from an Open311 server into the database: since a date, or since the last pull."""

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
from geo_service.core.sql.named_queries import query
from ingest.mapping.mapping import STAND_IN, Mapping, with_source
from ingest.pull.checkpoint import plan_pull, read_checkpoint, write_checkpoint
from ingest.pull.client import Client, ClientPolicy, redact_url
from ingest.pull.discovery import Endpoint, find_endpoint
from ingest.pull.paging import PAGE_SIZE
from ingest.pull.reader import Open311Reader
from ingest.readers.columns import required_columns
from ingest.runs.run import IngestOptions, Input, RunCounts, ingest_input


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The options of a pull."""

    url: str
    """URL of the endpoint or of its discovery document."""
    since: datetime | None = None
    until: datetime | None = None
    jurisdiction: str | None = None
    source: str | None = None
    """Code of the source; None for the server's name, or for that of the user's own mapping."""
    again: bool = False
    """Read everything again, not only changes."""
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class PullCallbacks:
    """Functions that get the progress of a pull."""

    on_message: Callable[[str], None]
    """Gets a line of text for a person."""
    on_start: Callable[[str, int], None]
    """Gets the endpoint, and the length of the time span in seconds."""
    on_batch: Callable[[RunCounts], None]
    """Gets the counts after each batch; `RunCounts.bytes_read` is in seconds of the time span."""


async def pull(
    url: str,
    request: PullRequest,
    policy: ClientPolicy,
    mapping: Mapping,
    mapping_name: str,
    callbacks: PullCallbacks,
    options: IngestOptions,
) -> tuple[int, RunCounts]:
    """Pull into the migrated database at `url`; return the run's id and its counts.

    `InputError` names the address and the response if the server cannot be read; everything written until then stays, and
    the next pull continues from there. Other errors are those of `ingest.runs.run.ingest_input`.
    """
    async with AsyncExitStack() as stack:
        secrets = {"api_key": request.api_key} if request.api_key else {}
        client = stack.enter_context(Client(policy, secrets, callbacks.on_message, request.url))
        parameters = {"jurisdiction_id": request.jurisdiction} if request.jurisdiction else {}
        endpoint = await asyncio.to_thread(find_endpoint, client.fetch, request.url, parameters)
        name = redact_url(endpoint.url) + (f"?jurisdiction_id={request.jurisdiction}" if request.jurisdiction else "")
        mapping = choose_source(mapping, endpoint, request.source)
        source = mapping.source.code
        connection = await stack.enter_async_context(open_connection(url))
        await _acquire_lock(connection, source, name)
        checkpoint, now = await read_checkpoint(connection, source, name), datetime.now(UTC).replace(microsecond=0)
        plan = plan_pull(checkpoint, request.since, request.until, now, again=request.again)
        columns = required_columns(mapping)
        reader = Open311Reader(client.fetch, endpoint, parameters, plan.span, columns, callbacks.on_message)
        callbacks.on_start(name, reader.size)

        media = MediaWriter(reader, source)

        async def store_checkpoint(writing: asyncpg.Connection, position: int) -> None:
            await media.write(writing)
            await write_checkpoint(writing, source, name, plan.checkpoint_at(plan.span.to_instant(position)))

        run_input = Input(name, lambda: reader, mapping, mapping_name, Path(mapping_name), store_checkpoint)
        # An interrupted pull must not wait for a pause in the client's thread: stop the client first.
        stack.callback(client.stop)
        run, counts = await ingest_input(url, run_input, callbacks.on_batch, replace(options, batch_size=PAGE_SIZE))
        await media.write(connection)
        await write_checkpoint(connection, source, name, plan.final_checkpoint())
    return run, counts


class MediaWriter:
    """Stores the addresses of photographs of the requests that a reader has read."""

    def __init__(self, reader: Open311Reader, source: str) -> None:
        self._reader, self._source = reader, source
        self._previous: list[tuple[str, str]] = []

    async def write(self, connection: asyncpg.Connection) -> None:
        """Store those of the batch that has been written, and once more those of the one before.

        The last request of a batch may have been read with the batch before, when it was not in the database yet.
        """
        current = self._reader.media.popleft() if self._reader.media else []
        if pairs := [*self._previous, *current]:
            with database_errors("store addresses of photographs"):
                await connection.execute(query("open311.insert_media_by_external_id"), self._source, *map(list, zip(*pairs, strict=True)))
        self._previous = current


def choose_source(mapping: Mapping, endpoint: Endpoint, code: str | None) -> Mapping:
    """Return the mapping with the source of this server: `code`, or the host name if the mapping has no source of its own."""
    host = urlsplit(endpoint.url).netloc.rpartition("@")[2]
    if code is None and mapping.source.code != STAND_IN:
        return mapping
    return with_source(mapping, code or host[:60], host)


async def _acquire_lock(connection: asyncpg.Connection, source: str, endpoint: str) -> None:
    with database_errors("check for another pull"):
        if not await connection.fetchval(query("open311.acquire_pull_lock"), source, endpoint):
            raise InputError(f"cannot pull {endpoint}: another pull of it is running")
