"""The watcher: one process looks for alerts after changes of the incidents and stores them, all others follow what it stores.

The process whose session has an advisory lock is the one; when it ends, or its connection does, another takes over. The watcher has
a connection and a task of its own and computes on the replica's thread for some milliseconds, or on a thread of its own.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import structlog

from geo_service.aggregation.alerts.model import AlertLayer, Episode, Verdict
from geo_service.aggregation.catalogue.catalogue import EMPTY, Catalogue
from geo_service.aggregation.replica.replica import Replica
from geo_service.alerts.board import REMEMBERED_S, AlertChange, CurrentAlerts, find_changes
from geo_service.alerts.methods import AlertMethods, Thresholds
from geo_service.alerts.store import read_episodes, read_thresholds, write_episodes, write_thresholds
from geo_service.core.database import connect, database_errors
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.log_limit import LimitedLog
from geo_service.core.sql import advisory_locks
from geo_service.core.tasks import run_in_thread

CHANNEL = "geo_alerts"

_MAX_PAUSE_S = 600.0
"""Between two runs: the windows move on without new incidents, and alerts close."""
_POLL_INTERVAL_S = 30.0
"""A lost notification costs no more than this, and no more passes until another process takes over."""
_LOADING_S = 0.1
"""Between two looks at whether the incidents are loaded."""
_CALIBRATION_S = 86_400
"""Age of a threshold at which it is found anew."""
_REPLAYED_S = 366 * 86_400
"""As far back the replay of a calibration goes."""
_RETRY_CALIBRATION_S = 600.0
"""After a calibration that failed, as for want of incidents."""
_BACKOFF_S = (0.1, 5.0)
"""First and longest pause before a lost connection is opened again; each pause is twice the one before."""
_LOG_INTERVAL_S = 60.0

log = structlog.get_logger(__name__)

Announce = Callable[[asyncpg.Connection, Sequence[AlertChange]], Awaitable[None]]
"""Puts messages about changes into the outbox, in the transaction that stores them."""


@dataclass(slots=True)
class WatcherStatus:
    """How watching goes."""

    is_leader: bool = False
    """Whether this process is the one that looks for alerts."""
    ran_at: float | None = None
    """When it last did, seconds since 1970."""
    run_s: float = 0.0
    """How long that took."""
    runs: int = 0
    failures: int = 0
    """Runs and calibrations that failed."""


class AlertWatcher:
    """Looks for alerts, or follows those that another process has found."""

    def __init__(
        self, url: str, replica: Replica, alerts: CurrentAlerts, methods: AlertMethods | None, *,
        per_week: float, interval_s: float, announce: Announce | None = None, clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """methods: detect and calibrate; None: this process only follows. per_week: false alarms a week and layer.

        interval_s: between two runs at least. announce: gets the changes before they are committed.
        """
        self._url, self._replica, self._alerts, self.methods = url, replica, alerts, methods
        self._per_week, self._interval_s, self._announce, self._clock = per_week, interval_s, announce, clock
        self.status = WatcherStatus()
        self.on_notified: Callable[[], None] = lambda: None
        """Called when something about alerts has been written, and when this process becomes the one that looks for them."""
        self._wake = asyncio.Event()
        self._is_stale = True
        self._read_catalogue: Catalogue = EMPTY
        self._refreshed_at = self._ran_at = float("-inf")
        self._calibrated_at = float("-inf")
        self._seen_revision = -1
        self._calibration: asyncio.Task[Thresholds] | None = None
        self._warnings = LimitedLog(interval_s=_LOG_INTERVAL_S)

    async def run(self) -> None:
        """Watch until cancelled; connections that break are opened again, more slowly each time."""
        # Who only follows need not know when incidents change.
        waking = asyncio.create_task(self._wake_on_changes(), name="alerts: changes of incidents") if self.methods else None
        pause = _BACKOFF_S[0]
        try:
            while True:
                try:
                    await self._connect_and_watch()
                except DatabaseUnavailable as error:
                    self._warnings.warning("alerts lost their database connection", reason=str(error))
                    pause = _BACKOFF_S[0] if self._is_recent() else min(pause * 2, _BACKOFF_S[1])
                    await asyncio.sleep(pause)
        finally:
            for task in (waking, self._calibration):
                if task:
                    task.cancel()

    def use_clock(self, clock: Callable[[], float]) -> None:
        """Tell the time by another clock, seconds since 1970; before the start."""
        self._clock = clock

    def look_now(self) -> None:
        """Look for alerts at once, if this process does, or try to become the one that does."""
        self._ran_at = self._refreshed_at = float("-inf")
        self._wake.set()

    async def _connect_and_watch(self) -> None:
        connection = await connect(self._url)
        try:
            while not self._replica.loaded:  # noqa: ASYNC110  # the follower says so a moment after the change that loading is
                await asyncio.sleep(_LOADING_S)
            with database_errors("watch for alerts"):
                await self._watch(connection)
        finally:
            self.status.is_leader, self._alerts.looked_at = False, None
            connection.terminate()

    async def _watch(self, connection: asyncpg.Connection) -> None:
        may_write = False
        connection.add_termination_listener(lambda _: self._wake.set())
        while True:
            self._wake.clear()
            if not may_write and (may_write := not await connection.fetchval("select pg_is_in_recovery()")):
                # A standby has no notifications; it may be promoted later. What was written before this is read now.
                await connection.add_listener(CHANNEL, self._on_notify)
                self._is_stale = True
            await self._refresh(connection)
            if may_write and self.methods:
                await self._lead(connection, self.methods)
            # Not asyncio.wait_for: on Python 3.11 it loses a cancellation that arrives together with the notification.
            with suppress(TimeoutError):
                async with asyncio.timeout(max(self._next_look() - time.monotonic(), 0)):
                    await self._wake.wait()

    async def _refresh(self, connection: asyncpg.Connection) -> None:
        """Read the board where it may have changed."""
        catalogue, now = self._replica.catalogue, time.monotonic()
        if not self._is_stale and catalogue is self._read_catalogue and now - self._refreshed_at < _POLL_INTERVAL_S:
            return
        self._is_stale = False
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            episodes = await read_episodes(connection, catalogue, int(self._clock()) - REMEMBERED_S)
            thresholds = await read_thresholds(connection)
        self._read_catalogue, self._refreshed_at = catalogue, now
        self._alerts.replace(episodes, thresholds.values())

    async def _lead(self, connection: asyncpg.Connection, methods: AlertMethods) -> None:
        """Detect and calibrate where it is time to, if this process is the one that does."""
        if not self.status.is_leader:
            self.status.is_leader = await connection.fetchval("select pg_try_advisory_lock($1)", advisory_locks.ALERTS)
            if not self.status.is_leader:
                return
            log.info("this process looks for alerts from now on")
            self.on_notified()
        try:
            await self._calibrate(connection, methods)
            if time.monotonic() >= self._next_run():
                await self._detect(connection, methods)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            raise
        except Exception as error:
            # A fault of the arithmetic must not end the task: what has been found stays served, and the next run may succeed.
            self.status.failures += 1
            self._warnings.warning("alerts could not be computed", kind=type(error).__name__, exc_info=error)

    async def _detect(self, connection: asyncpg.Connection, methods: AlertMethods) -> None:
        thresholds = {one.layer: one for one in self._alerts.board.thresholds}
        if not thresholds:
            return
        began, revision = time.monotonic(), self._replica.revision
        # Also where it fails: the next try is after the interval.
        self._ran_at, self._seen_revision = began, revision
        catalogue, now = self._replica.catalogue, int(self._clock())
        # As they are now, with the verdicts that other processes have stored.
        known = [episode for episode in await read_episodes(connection, catalogue, now) if not episode.closed_at]
        changed = await self._replica.run_unqueued(methods.update, known, thresholds, now)
        if changed:
            # The catalogue of now: the state may have had a theme that was not in the one from before.
            await self._store(connection, self._replica.catalogue, known, changed)
            self._is_stale = True
            await self._refresh(connection)
        self.status.ran_at, self.status.run_s = self._clock(), time.monotonic() - began
        self._alerts.looked_at = self.status.ran_at
        self.status.runs += 1

    async def _store(self, connection: asyncpg.Connection, catalogue: Catalogue, known: list[Episode], changed: list[Episode]) -> None:
        async with connection.transaction():
            stored = await write_episodes(connection, catalogue, changed)
            if self._announce:
                changes = [AlertChange(0, event, episode) for event, episode in find_changes(known, stored)]
                await self._announce(connection, changes)

    async def _calibrate(self, connection: asyncpg.Connection, methods: AlertMethods) -> None:
        """Store the thresholds that a calibration has found; begin one where there are none, or old ones, or another budget."""
        if self._calibration and self._calibration.done():
            calibration, self._calibration = self._calibration, None
            thresholds = calibration.result()
            async with connection.transaction():
                await write_thresholds(connection, thresholds.values())
            self._is_stale = True
            await self._refresh(connection)
            # What is unusual may be something else now.
            self._ran_at = float("-inf")
            log.info("thresholds of alerts found", thresholds={layer.value: round(one.log10_p, 2) for layer, one in thresholds.items()})
        if not self._calibration and self._needs_calibration():
            self._calibrated_at = time.monotonic()
            self._calibration = asyncio.create_task(
                self._find_thresholds(methods, await self._read_real(connection)), name="alerts: calibration"
            )
            self._calibration.add_done_callback(lambda _: self._wake.set())

    async def _find_thresholds(self, methods: AlertMethods, real: Sequence[Episode]) -> Thresholds:
        now = int(self._clock())
        # In parts, so that tiles are answered in between.
        parts = [await self._replica.run_unqueued(methods.copy_part, now, span) for span in methods.list_parts(now)]
        return await run_in_thread(methods.calibrate, parts, self._per_week, real)

    async def _read_real(self, connection: asyncpg.Connection) -> list[Episode]:
        """Return the episodes of the replayed time that the desk has found real."""
        episodes = await read_episodes(connection, self._replica.catalogue, int(self._clock()) - _REPLAYED_S)
        return [episode for episode in episodes if episode.verdict is Verdict.REAL]

    def _needs_calibration(self) -> bool:
        if time.monotonic() - self._calibrated_at < _RETRY_CALIBRATION_S:
            return False
        known = {one.layer: one for one in self._alerts.board.thresholds}
        oldest = self._clock() - _CALIBRATION_S
        return set(known) != set(AlertLayer) or any(one.per_week != self._per_week or one.calibrated_at < oldest for one in known.values())

    def _next_run(self) -> float:
        """When to look for alerts next, by the monotonic clock."""
        return self._ran_at + (self._interval_s if self._replica.revision != self._seen_revision else _MAX_PAUSE_S)

    def _next_look(self) -> float:
        poll = self._refreshed_at + _POLL_INTERVAL_S
        can_run = self.status.is_leader and self._alerts.board.thresholds
        return min(poll, self._next_run()) if can_run else poll

    def _is_recent(self) -> bool:
        return time.monotonic() - self._refreshed_at < _POLL_INTERVAL_S

    async def _wake_on_changes(self) -> None:
        while True:
            await self._replica.next_change()
            self._wake.set()

    def _on_notify(self, *_: object) -> None:
        self._is_stale = True
        self._wake.set()
        self.on_notified()
