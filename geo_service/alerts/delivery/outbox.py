"""The outbox: messages are stored with the change that they announce, in one transaction, and sent by the process that looks for alerts.

Each target has a lane of its own, so that a dead one delays no other. What fails is tried again with growing pauses.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from geo_service.alerts.board import AlertChange
from geo_service.alerts.delivery.target import Message, SendError, Target
from geo_service.alerts.documents import Context, describe_alert
from geo_service.core.database import connect, database_errors
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.log_limit import LimitedLog
from geo_service.core.sql.named_queries import query

PAUSES_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""After each attempt: about three days in all, as the Standard Webhooks propose. Then a message is given up."""
GROWTH = 2
"""Growth is announced when an alert has so many times the messages that it had at its last announcement."""

_JITTER = 0.1
"""Share of a pause by which it varies: what failed together need not come back together."""
_BATCH = 20
"""Messages that are read at once."""
_IDLE_S = 30.0
"""Between two looks for messages that nothing has announced."""
_DATABASE_PAUSE_S = 5.0
_AT_ONCE = 8
"""Messages that are sent at the same time, whatever the number of targets."""
_KEPT = timedelta(days=30)
"""Messages that have arrived, or were given up, stay in the outbox for so long."""

log = structlog.get_logger(__name__)


class Outbox:
    """Puts messages about changes into the database."""

    def __init__(self, targets: Sequence[Target], context: Callable[[], Context]) -> None:
        """context: what alerts are worded with, with absolute addresses where GEO_PUBLIC_URL is set."""
        self.targets, self._context = tuple(targets), context

    async def announce(self, connection: asyncpg.Connection, changes: Sequence[AlertChange]) -> None:
        """Store messages about changes, in the caller's transaction. Growth is announced only where it is large."""
        if not self.targets:
            return
        chosen = await self._choose(connection, changes)
        context, now = self._context(), datetime.now(UTC)
        for change in chosen:
            alert = describe_alert(change.episode, context)
            for target in self.targets:
                if target.wants(change.event, change.episode, context.catalogue):
                    body = target.render(change.event, alert, int(now.timestamp()))
                    await connection.execute(
                        query("alerts.enqueue_delivery"), change.episode.id, change.event, target.name, body, now
                    )  # fmt: skip
        counted = [change.episode for change in chosen if change.event in ("opened", "grown")]
        await connection.execute(query("alerts.mark_notified"), [one.id for one in counted], [one.n for one in counted])

    async def _choose(self, connection: asyncpg.Connection, changes: Sequence[AlertChange]) -> list[AlertChange]:
        grown = [change.episode.id for change in changes if change.event == "grown"]
        rows = await connection.fetch(query("alerts.list_notified"), grown) if grown else ()
        announced_n = {row["id"]: row["notified_n"] for row in rows}
        return [
            change for change in changes
            if change.event in ("opened", "closed", "verdict")
            or (change.event == "grown" and change.episode.n >= GROWTH * announced_n.get(change.episode.id, 0))
        ]  # fmt: skip


@dataclass(slots=True)
class SenderStatus:
    """What this process has sent."""

    delivered: int = 0
    failed: int = 0
    """Attempts that failed."""
    given_up: int = 0
    """Messages that failed for the last time."""


class Sender:
    """Sends what is in the outbox, while this process is the one that looks for alerts."""

    def __init__(self, url: str, targets: Sequence[Target], is_leader: Callable[[], bool], clock: Callable[[], float] = time.time) -> None:
        self._url, self._targets, self._is_leader, self._clock = url, tuple(targets), is_leader, clock
        self.status: dict[str, SenderStatus] = {target.name: SenderStatus() for target in targets}
        self._wakes = {target.name: asyncio.Event() for target in targets}
        self._lock = asyncio.Lock()
        self._held: asyncpg.Connection | None = None
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._warnings = LimitedLog(interval_s=60.0)

    def wake(self) -> None:
        """Look for messages at once."""
        for event in self._wakes.values():
            event.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for target in self._targets:
                    group.create_task(self._run_lane(target), name=f"alerts: messages to {target.name}")
                group.create_task(self._clean_up(), name="alerts: outbox")
        finally:
            for target in self._targets:
                await target.close()
            if self._held:
                self._held.terminate()

    async def _run_lane(self, target: Target) -> None:
        """Send the messages of one target, one after the other."""
        wake = self._wakes[target.name]
        while True:
            wake.clear()
            pause = _IDLE_S
            if self._is_leader():
                try:
                    pause = await self._send_due(target)
                except DatabaseUnavailable as error:
                    self._warnings.warning("outbox lost its database connection", reason=str(error))
                    pause = _DATABASE_PAUSE_S
            # Not asyncio.wait_for: on Python 3.11 it loses a cancellation that arrives together with the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await wake.wait()

    async def _send_due(self, target: Target) -> float:
        """Send what is due; return the seconds until there is more to do."""
        async with self._connection() as connection:
            due = await connection.fetch(query("alerts.list_due_deliveries"), target.name, self._now(), _BATCH)
        for row in due:
            if not self._is_leader():
                return _IDLE_S
            await self._send(target, row)
        if due:
            return 0
        async with self._connection() as connection:
            following = await connection.fetchval(query("alerts.find_next_attempt"), target.name)
        return _IDLE_S if following is None else min(max((following - self._now()).total_seconds(), 0), _IDLE_S)

    async def _send(self, target: Target, row: asyncpg.Record) -> None:
        """Send a message once, and record how it went."""
        error, status = await self._attempt(target, row), self.status[target.name]
        if error is None:
            status.delivered += 1
            # Where this is lost, the message is sent once more, with the same id.
            async with self._connection() as connection:
                await connection.execute(query("alerts.record_delivery"), row["id"], self._now())
            return
        following = self._next_attempt(row["attempts"], error)
        status.failed += 1
        status.given_up += following is None
        self._warnings.warning(
            "message about an alert has not arrived", target.name, target=target.name, reason=str(error), attempts=row["attempts"] + 1,
            next_attempt=following and following.isoformat(timespec="seconds"),
        )  # fmt: skip
        async with self._connection() as connection:
            await connection.execute(query("alerts.record_failure"), row["id"], str(error), following)

    async def _attempt(self, target: Target, row: asyncpg.Record) -> SendError | None:
        """Return why a message has not arrived; None if it has. A fault of the program costs the message, not the lane."""
        message = Message(f"alert-{row['alert_id']}-{row['id']}", row["body"])
        try:
            async with self._at_once:
                await target.send(message)
        except SendError as error:
            return error
        except Exception as error:
            log.exception("message about an alert could not be made", target=target.name)
            return SendError(f"the message could not be made ({type(error).__name__})")
        return None

    def _next_attempt(self, attempts: int, error: SendError) -> datetime | None:
        """Return when to try again; None for never. attempts: those before this one."""
        if error.is_final or attempts >= len(PAUSES_S):
            return None
        pause = PAUSES_S[attempts] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # nothing depends on chance being good
        return self._now() + timedelta(seconds=max(pause, error.retry_after_s))

    async def _clean_up(self) -> None:
        """Give up what waits for targets that are configured no more, and delete what is long done."""
        while True:
            if self._is_leader():
                with suppress(DatabaseUnavailable):
                    async with self._connection() as connection:
                        await connection.execute(query("alerts.give_up_others"), [target.name for target in self._targets])
                        await connection.execute(query("alerts.delete_old_deliveries"), self._now() - _KEPT)
            await asyncio.sleep(3600 if self._is_leader() else _IDLE_S)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Hold the one connection of all lanes."""
        async with self._lock:
            if self._held is None or self._held.is_closed():
                self._held = await connect(self._url)
            with database_errors("send messages about alerts"):
                yield self._held

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)
