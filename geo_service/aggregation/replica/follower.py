"""Following PostGIS: the first load, then every committed change exactly once, through lost connections.

Each incident carries the transaction of its last change. One poll reads, in one snapshot, every row whose transaction
was not visible at the previous poll and may be now; `database_state` says which these are. Nothing is missed however
commits are ordered, and nothing is read twice while some other transaction stays open for long. Another database, a
restored table, a promoted standby or transaction ids that went back make the replica load anew. What passed the
triggers by is found by reconciliation. A standby sends no notifications: it is polled.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import numpy as np
import structlog

from geo_service.aggregation.arrays.growable import Array
from geo_service.aggregation.catalogue.catalogue import Entries
from geo_service.aggregation.columns.columns import BATCH, Change
from geo_service.aggregation.replica.database_state import DatabaseState, XidSet, find_horizon_holder, read_database_state
from geo_service.aggregation.replica.loader import read_catalogue, read_deleted, read_incidents
from geo_service.aggregation.replica.reconciliation import Reconciliation
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.database import connect, database_errors
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.log_limit import LimitedLog

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

    def __init__(
        self, url: str, replica: Replica, on_progress: Callable[[int], None] = lambda rows: None, reconcile_interval_s: float = 300.0
    ) -> None:
        """on_progress: called with the number of incidents read so far during the first load.

        reconcile_interval_s: from the end of a round of reconciliation to the next one.
        """
        self._url = url
        self._replica = replica
        self._progress = on_progress
        self._seen: DatabaseState | None = None
        self._connection_was_lost = False
        self._reconciliation = Reconciliation(replica, reconcile_interval_s)
        self._notified = asyncio.Event()
        self._warnings = LimitedLog()
        self._catalogue_stale = True
        self._is_listening = False

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
                self._warnings.warning("replica lost its database connection", reason=str(error), retry_in_s=pause)
                self._connection_was_lost = True
                self._replica.following.connection_losses += 1
                self._reconciliation.start_round()
                await asyncio.sleep(pause)

    async def poll(self, connection: asyncpg.Connection) -> Change:
        """Read what was written since the last poll, or everything at the first; within the caller's snapshot if there is one."""
        polled_at = time.monotonic()
        with database_errors("read the incidents"):
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                change = await self._poll(connection)
                if self._reconciliation.is_due:
                    change += await self._reconcile(connection)
        self._replica.synced_at = polled_at
        return change

    async def _follow(self, connection: asyncpg.Connection) -> None:
        self._is_listening = False
        while True:
            if not self._is_listening:
                await self._listen(connection)
            self._notified.clear()
            await self.poll(connection)
            await self._replica.merge_tail(_TAIL_LIMIT)
            await asyncio.sleep(_MIN_POLL_GAP_S)
            # Not asyncio.wait_for: on Python 3.11 it loses a cancellation that arrives together with the notification.
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_INTERVAL_S):
                    await self._notified.wait()

    async def _listen(self, connection: asyncpg.Connection) -> None:
        """Ask for notifications, unless the server is a standby, which has none; it may be promoted later."""
        with database_errors("listen for changes"):
            self._is_listening = not await connection.fetchval("select pg_is_in_recovery()")
            if self._is_listening:
                for channel in CHANNELS:
                    await connection.add_listener(channel, self._on_notify)
        # Changes before the listeners were added may include the catalogue.
        self._catalogue_stale = True

    async def _poll(self, connection: asyncpg.Connection) -> Change:
        state = await read_database_state(connection)
        if self._replica.loaded:
            # Until then: what was true last, rather than half of what is being restored.
            state.check_triggers()
        await self._watch_horizon(connection, state)
        changes = self._changes_since_last_poll(state)
        change = Change()
        if changes is None:
            await self._load(connection)
        else:
            change = await self._read_changes(connection, changes)
        self._seen = state
        self._connection_was_lost = False
        return change

    async def _reconcile(self, connection: asyncpg.Connection) -> Change:
        change = await self._reconciliation.step(connection)
        if not self._reconciliation.is_due:
            # The round is over. What names things may have been written without a notification as well.
            await self._replica.apply(np.empty(0, BATCH), np.empty(0, np.int64), await read_catalogue(connection, self._replica.catalogue))
        return change

    async def _watch_horizon(self, connection: asyncpg.Connection, state: DatabaseState) -> None:
        horizon = self._replica.following.horizon
        horizon.observe(state.horizon, state.is_held)
        if horizon.is_unexplained:
            horizon.explain(*await find_horizon_holder(connection, state.horizon))
        horizon.warn()

    async def _read_changes(self, connection: asyncpg.Connection, changes: XidSet) -> Change:
        batch = await read_incidents(connection, changes)
        deleted = await read_deleted(connection, changes)
        stale, self._catalogue_stale = self._catalogue_stale, not self._is_listening
        catalogue = await read_catalogue(connection, self._replica.catalogue) if stale or self._names_unknown_entry(batch) else None
        return await self._replica.apply(batch, deleted, catalogue)

    async def _load(self, connection: asyncpg.Connection) -> None:
        started = time.monotonic()
        self._catalogue_stale = False
        catalogue = await read_catalogue(connection)
        batch = await read_incidents(connection, on_progress=self._progress)
        await self._replica.load(batch, catalogue)
        log.info("replica loaded", incidents=len(batch), seconds=round(time.monotonic() - started, 2))

    def _changes_since_last_poll(self, state: DatabaseState) -> XidSet | None:
        """Return the transactions to read; None for everything. With many dead rows loading anew is cheaper."""
        if not self._replica.loaded or self._seen is None or self._replica.needs_compaction:
            return None
        changes = state.changes_since(self._seen, self._connection_was_lost)
        if changes is None:
            self._replica.following.reloads += 1
            log.warning("the database is another one than before, loading anew", changed=state.differences(self._seen))
        return changes

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
