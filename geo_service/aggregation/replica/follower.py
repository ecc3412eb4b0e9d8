"""Following PostGIS: the first load, then every committed change exactly once, through lost connections.

Each incident carries the transaction of its last change. One poll reads, in one snapshot, every row whose
transaction is not older than the previous poll's horizon: the oldest transaction that was not over then.
Whatever was not visible then belongs to such a transaction, so nothing is missed however commits are
ordered; rows seen twice change nothing the second time. Reading up to the snapshot and not merely up to the
new horizon keeps the replica fresh while some other transaction stays open for long.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import Entries
from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.loader import read_catalogue, read_deleted, read_horizon, read_incidents
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.database import connect, database_errors
from geo_service.core.errors import DatabaseUnavailable

CHANNELS = ("incident_changed", "catalogue_changed")

_POLL_INTERVAL_S = 1.0
"""A lost notification costs no more than this."""
_MIN_POLL_GAP_S = 0.02
"""Between polls, so that many small commits are read together."""
_TAIL_LIMIT = 50_000
"""Rows out of time order before they are merged: the tail is scanned by every count, 0.5 ms for so many."""
_BACKOFF_S = (0.1, 5.0)
"""First and longest pause before a lost connection is opened again; each pause is twice the one before."""

log = structlog.get_logger(__name__)


class Follower:
    """Keeps a replica up to date with the database."""

    def __init__(self, url: str, replica: Replica, on_progress: Callable[[int], None] = lambda rows: None) -> None:
        """on_progress: called with the number of incidents read so far during the first load."""
        self._url = url
        self._replica = replica
        self._progress = on_progress
        self._horizon: int | None = None
        self._notified = asyncio.Event()
        self._catalogue_stale = True

    async def run(self) -> None:
        """Follow until cancelled; connections that break are opened again, more slowly each time."""
        pause = _BACKOFF_S[0]
        while True:
            try:
                connection = await connect(self._url)
                try:
                    await self._follow(connection)
                finally:
                    connection.terminate()
            except DatabaseUnavailable as error:
                recent = self._replica.lag < _POLL_INTERVAL_S * 5
                pause = _BACKOFF_S[0] if recent else min(pause * 2, _BACKOFF_S[1])
                log.warning("replica lost its database connection", reason=str(error), retry_in_s=pause)
                await asyncio.sleep(pause)

    async def poll(self, connection: asyncpg.Connection) -> Change:
        """Read what was written since the last poll, or everything at the first; within the caller's snapshot if there is one."""
        polled_at = time.monotonic()
        with database_errors("read the incidents"):
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                change = await self._poll(connection)
        self._replica.synced_at = polled_at
        return change

    async def _follow(self, connection: asyncpg.Connection) -> None:
        with database_errors("listen for changes"):
            for channel in CHANNELS:
                await connection.add_listener(channel, self._on_notify)
        # Changes before the listeners were added may include the catalogue.
        self._catalogue_stale = True
        while True:
            self._notified.clear()
            await self.poll(connection)
            await self._replica.merge_tail(_TAIL_LIMIT)
            await asyncio.sleep(_MIN_POLL_GAP_S)
            # Not asyncio.wait_for: on Python 3.11 it loses a cancellation that arrives together with the notification.
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_INTERVAL_S):
                    await self._notified.wait()

    async def _poll(self, connection: asyncpg.Connection) -> Change:
        horizon = await read_horizon(connection)
        since = self._read_from(horizon)
        if since is None:
            await self._load(connection)
            self._horizon = horizon
            return Change()
        batch = await read_incidents(connection, since)
        deleted = await read_deleted(connection, since)
        stale, self._catalogue_stale = self._catalogue_stale, False
        catalogue = await read_catalogue(connection, self._replica.catalogue) if stale or self._names_unknown_entry(batch) else None
        change = await self._replica.apply(batch, deleted, catalogue)
        self._horizon = horizon
        return change

    async def _load(self, connection: asyncpg.Connection) -> None:
        started = time.monotonic()
        self._catalogue_stale = False
        catalogue = await read_catalogue(connection)
        batch = await read_incidents(connection, on_progress=self._progress)
        await self._replica.load(batch, catalogue)
        log.info("replica loaded", incidents=len(batch), seconds=round(time.monotonic() - started, 2))

    def _read_from(self, horizon: int) -> int | None:
        """Return the transaction to read from; None for everything.

        A horizon that went back means another or a restored database. With many dead rows loading anew is cheaper.
        """
        if not self._replica.loaded or self._horizon is None or horizon < self._horizon or self._replica.needs_compaction:
            return None
        return self._horizon

    def _names_unknown_entry(self, batch: Array) -> bool:
        """Return whether a row refers to an entry that the catalogue does not have yet."""
        known = self._replica.catalogue
        kinds: dict[str, Entries[Any]] = {
            "theme": known.themes,
            "source": known.sources,
            "agency": known.agencies,
            "district": known.districts,
        }
        return any(set(batch[name].tolist()) - {0} - kind.by_id.keys() for name, kind in kinds.items())

    def _on_notify(self, _connection: object, _pid: int, channel: str, _payload: object) -> None:
        if channel == "catalogue_changed":
            self._catalogue_stale = True
        self._notified.set()
