"""The advisory locks of all requests under way, held by one session: a request has no connection of its own between its batches."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import asyncpg

from geo_service.core.database import connect, database_errors
from geo_service.core.errors import DatabaseUnavailable, GeoError, IdempotencyConflict
from geo_service.core.sql.named_queries import query

T = TypeVar("T")

_CLOSE_S = 5
_TURN_S = 10
"""How long a request may wait for others that use the connection: each of them takes a millisecond."""


class RequestLocks:
    """Holds locks of Idempotency-Keys and of runs, over a connection that is opened on demand.

    Others see by these locks that a request is under way; they end with the process.
    """

    def __init__(self, url: str, statement_timeout_ms: int) -> None:
        self._url, self._statement_timeout_ms = url, statement_timeout_ms
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()
        self._keys: set[int] = set()
        """Locked here: the database would lock them again for the same session."""

    @asynccontextmanager
    async def hold(self, key: bytes | None) -> AsyncIterator["RequestLock"]:
        """Lock an Idempotency-Key, if there is one, and later a run, until the end of the block.

        Raises `IdempotencyConflict` where another request has the key.
        """
        number = int.from_bytes(key[:8], signed=True) if key else None
        lock = RequestLock(self)
        if number is not None:
            if number in self._keys:
                raise _conflict()
            self._keys.add(number)
        try:
            if number is not None and not await lock.run(_try_lock(number), "look for the Idempotency-Key"):
                raise _conflict()
            try:
                yield lock
            finally:
                await asyncio.shield(lock.release(number))
        finally:
            if number is not None:
                self._keys.discard(number)

    async def close(self) -> None:
        """Close the connection, and release all locks with it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresError):
                await connection.close(timeout=_CLOSE_S)

    async def run(
        self, work: Callable[[asyncpg.Connection], Awaitable[T]], expected: asyncpg.Connection | None
    ) -> tuple[T, asyncpg.Connection]:
        """Return the result of `work(connection)`, and the connection. expected: None for any.

        Raises `DatabaseUnavailable` where the expected one is lost, and with it all locks that it held.
        """
        async with asyncio.timeout(_TURN_S):
            await self._turn.acquire()
        try:
            if self._connection is None or self._connection.is_closed():
                self._connection = await self._open()
            connection = self._connection
            if expected is not None and connection is not expected:
                raise DatabaseUnavailable("cannot go on with the request: the database connection that held its locks was lost")
            return await work(connection), connection
        finally:
            self._turn.release()

    async def _open(self) -> asyncpg.Connection:
        connection = await connect(self._url)
        with database_errors("prepare for writing incidents"):
            await connection.execute(query("ingest.set_statement_timeout"), str(self._statement_timeout_ms))
        return connection


class RequestLock:
    """The locks of one request."""

    def __init__(self, locks: RequestLocks) -> None:
        self._locks = locks
        self._session: asyncpg.Connection | None = None
        self.run_id = 0
        """Of the run whose lock is held; 0 for none."""

    async def run(self, work: Callable[[asyncpg.Connection], Awaitable[T]], act: str) -> T:
        """Return `work(connection)` with the connection that holds the locks. Raises `DatabaseUnavailable`, also where they are lost."""
        with database_errors(act):
            result, self._session = await self._locks.run(work, self._session)
        return result

    async def check(self) -> None:
        """Raise `DatabaseUnavailable` where the locks are lost: another request may have the same key, and the run is interrupted."""
        if self._session is not None:
            await self.run(lambda connection: connection.execute("select"), "look for the locks of the request")

    async def release(self, number: int | None) -> None:
        """Release what is held; what is lost need not be released."""
        if self._session is None:
            return
        with suppress(GeoError):
            if self.run_id:
                await self.run(lambda connection: connection.execute(query("ingest.release_run_lock"), self.run_id), "end a run")
            if number is not None:
                await self.run(lambda connection: connection.execute(query("idempotency.release_lock"), number), "release a key")


def _try_lock(number: int) -> Callable[[asyncpg.Connection], Awaitable[bool]]:
    async def lock(connection: asyncpg.Connection) -> bool:
        return bool(await connection.fetchval(query("idempotency.acquire_lock"), number))

    return lock


def _conflict() -> IdempotencyConflict:
    return IdempotencyConflict("a request with this Idempotency-Key is being answered; send it again when it is done")
