"""The few connections over which incidents are written: each serves one request at a time, and is kept for the next."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import asyncpg

from geo_service.core.database import connect, database_errors
from geo_service.core.errors import GeoError, Overloaded
from geo_service.core.named_queries import query
from ingest.geocoding.batch_geocoder import BatchGeocoder
from ingest.geocoding.configuration import GeocodingConfiguration
from ingest.geocoding.factory import read_region
from ingest.mapping.mapping import Bounds
from ingest.write.incident_writer import IncidentWriter

_CLOSE_S = 5


@dataclass(slots=True)
class Writer:
    """A connection and what writes over it."""

    connection: asyncpg.Connection
    incidents: IncidentWriter
    placer: BatchGeocoder
    region: Bounds | None = None
    revision: int = -1
    """Of the boundaries that `placer` and `region` were made from."""


@dataclass(frozen=True, slots=True)
class WriterSettings:
    """How writers work."""

    url: str
    most: int
    """Writers at the same time."""
    wait_s: float
    """How long a request may wait for one."""
    statement_timeout_ms: int
    near_m: float
    geocoding: GeocodingConfiguration


class WriterPool:
    """At most so many writers; made when they are needed first."""

    def __init__(self, terms: WriterSettings) -> None:
        self._terms = terms
        self._free = asyncio.Semaphore(terms.most)
        self._idle: list[Writer] = []

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Writer]:
        """A writer for one request. Raises `Overloaded` when none has become free in time, and `DatabaseUnavailable`."""
        try:
            async with asyncio.timeout(self._terms.wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded(f"all {self._terms.most} writers are busy; send it again", retry_after=_retry_s(self._terms.wait_s)) from None
        try:
            writer = await self._ready()
            try:
                yield writer
            except BaseException as error:
                # Whatever has happened to its session, the next request does not meet it; a fault of the request is none of it.
                await (self._release(writer) if isinstance(error, GeoError) and error.status < 500 else _close(writer))
                raise
            await self._release(writer)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close the writers that are idle."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(_close, idle))

    async def _ready(self) -> Writer:
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

    async def _open_writer(self) -> Writer:
        held = await connect(self._terms.url)
        with database_errors("prepare for writing incidents"):
            await held.execute(query("ingest.set_statement_timeout"), str(self._terms.statement_timeout_ms))
        incidents = await IncidentWriter(held, self._terms.near_m).__aenter__()
        return Writer(held, incidents, BatchGeocoder(held, self._terms.geocoding, None))

    async def _refresh(self, writer: Writer) -> None:
        """What knows the districts is made anew when they have changed."""
        with database_errors("look for changes of the boundaries"):
            revision = int(await writer.connection.fetchval(query("boundaries.get_revision")) or 0)
        if revision != writer.revision:
            writer.region = await read_region(writer.connection, self._terms.geocoding)
            writer.placer = BatchGeocoder(writer.connection, self._terms.geocoding, writer.region)
            writer.revision = revision

    async def _release(self, writer: Writer) -> None:
        try:
            with database_errors("end the work of a writer"):
                await writer.connection.execute(query("idempotency.release_locks"))
        except BaseException:
            await _close(writer)
            raise
        self._idle.append(writer)


def _retry_s(wait_s: float) -> int:
    return max(1, round(wait_s))


async def _close(writer: Writer) -> None:
    with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError):
        await writer.connection.close(timeout=_CLOSE_S)
