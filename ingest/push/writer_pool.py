"""A pool of connections with the pipeline over each: one writes one batch at a time, of whatever request, and is kept for the next."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg

from geo_service.core.database import connect, database_errors
from geo_service.core.errors import GeoError, Overloaded
from geo_service.core.sql.named_queries import query
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.mapping.mapping import LngLatBounds
from ingest.push.new_entries import NewEntryLimits
from ingest.runs.run import BatchPipeline
from ingest.write.reference_data import Aliases, read_aliases, read_region

_CLOSE_S = 5
_FURTHER_WAIT_S = 60.0
"""How long a batch of a request that has written some before may wait: failing would cost its sender more than waiting."""


@dataclass(slots=True)
class PushWriter:
    """A connection and the pipeline over it."""

    connection: asyncpg.Connection
    pipeline: BatchPipeline
    region: LngLatBounds | None = None
    revision: int = -1
    """Of the boundaries that the pipeline's geocoder and `region` were made from."""
    aliases: Aliases = field(default_factory=Aliases)
    catalogue_revision: int = -1
    """Of the catalogue that `aliases` are of."""


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """Limits and options of the writers."""

    url: str
    most: int
    """Batches that are written at the same time."""
    wait_s: float
    """How long a request may wait for its first writer."""
    statement_timeout_ms: int
    near_m: float
    geocoding: GeocodingConfiguration
    new_entries: NewEntryLimits
    """How much a sender may add to the catalogue."""
    unknown_status: str | None = None
    """Code for a status that is none of the service's; None rejects such rows."""


Lease = Callable[[], AbstractAsyncContextManager[PushWriter]]
"""Gives a request a writer for its next batch."""


class WriterPool:
    """At most `WriterSettings.most` writers, opened on demand; bulk leaves one of them to single requests, where there are two."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        self._free = asyncio.Semaphore(settings.most)
        self._free_for_bulk = asyncio.Semaphore(max(settings.most - 1, 1))
        self._idle: list[PushWriter] = []

    def leases(self, *, is_bulk: bool) -> Lease:
        """Return what gives a request its writers, one after the other. is_bulk: whether the first one is for bulk as the others are."""
        count = 0

        def lease() -> AbstractAsyncContextManager[PushWriter]:
            nonlocal count
            count += 1
            wait_s = self._settings.wait_s
            return self._acquire(is_bulk, wait_s) if count == 1 else self._acquire(True, max(wait_s, _FURTHER_WAIT_S))

        return lease

    @asynccontextmanager
    async def _acquire(self, is_bulk: bool, wait_s: float) -> AsyncIterator[PushWriter]:
        """A writer for one batch. Raises `Overloaded` when none has become free in time, and `DatabaseUnavailable`."""
        gates = [self._free_for_bulk, self._free] if is_bulk else [self._free]
        async with AsyncExitStack() as entered:
            try:
                async with asyncio.timeout(wait_s):
                    for gate in gates:
                        await entered.enter_async_context(gate)
            except TimeoutError:
                message = f"all {self._settings.most} writers are busy; send it again"
                raise Overloaded(message, retry_after=_retry_s(self._settings.wait_s)) from None
            writer = await self._take()
            try:
                yield writer
            except BaseException as error:
                # The next batch gets no broken session; a fault of the request itself leaves the session usable.
                if isinstance(error, GeoError) and error.status < 500:
                    self._idle.append(writer)
                else:
                    await _close(writer)
                raise
            self._idle.append(writer)

    async def close(self) -> None:
        """Close the writers that are idle."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(_close, idle))

    async def _take(self) -> PushWriter:
        while self._idle:
            writer = self._idle.pop()
            if not writer.connection.is_closed():
                break
        else:
            writer = await self._open_writer()
        try:
            await self._refresh(writer)
        except BaseException:
            await _close(writer)
            raise
        return writer

    async def _open_writer(self) -> PushWriter:
        connection = await connect(self._settings.url)
        with database_errors("prepare for writing incidents"):
            await connection.execute(query("ingest.set_statement_timeout"), str(self._settings.statement_timeout_ms))
        pipeline = BatchPipeline(connection, self._settings.geocoding, self._settings.near_m, None)
        return PushWriter(connection, await pipeline.__aenter__())

    async def _refresh(self, writer: PushWriter) -> None:
        """Renew the region and the geocoder when the districts have changed, and the aliases when the catalogue has."""
        with database_errors("look for changes of the boundaries and of the catalogue"):
            revision, catalogue_revision = await writer.connection.fetchrow(query("catalogue.get_revisions"))
        if catalogue_revision != writer.catalogue_revision:
            writer.aliases = await read_aliases(writer.connection)
            writer.catalogue_revision = catalogue_revision
        if revision != writer.revision:
            writer.region = await read_region(writer.connection, self._settings.geocoding.bounds)
            writer.pipeline.set_region(writer.region)
            writer.revision = revision


def _retry_s(wait_s: float) -> int:
    return max(1, round(wait_s))


async def _close(writer: PushWriter) -> None:
    with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError):
        await writer.connection.close(timeout=_CLOSE_S)
