"""Write the demo region to the database, and bring it up to date."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import asyncpg
import numpy as np

from boundaries.locating.locate import NEAR_M
from geo_service.core.database import database_errors, open_connection
from geo_service.core.model import OPEN_STATUSES
from geo_service.core.sql.named_queries import query
from ingest.demo.messages.agencies import DEMO_CHANNELS, list_agencies
from ingest.demo.messages.history import MessageHistory, ReferenceIds, draw_history
from ingest.demo.messages.live_messages import restore_live_messages
from ingest.demo.messages.themes import DEMO_THEMES
from ingest.write.incident_writer import BATCH_SIZE, IncidentWriter, WriteResult
from ingest.write.reference_data import Theme

OnProgress = Callable[[int, int], None]
"""Gets the number of messages written so far, and the total."""


def _ignore_progress(done: int, total: int) -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class StoredState:
    """The state of the demo region in the database."""

    last_step_at: float
    """Instant of the last stored step of a message, seconds since 1970; 0 if there is none."""
    anchors: dict[str, int]
    """Letter of a planted event → the newest day on which it was planted."""
    open_live_ids: list[str]
    """External ids of the feed's messages that are still open."""


@dataclass(frozen=True, slots=True)
class RefreshCounts:
    """Numbers of new and changed messages."""

    new: int = 0
    changed: int = 0

    def plus(self, written: WriteResult) -> "RefreshCounts":
        """Return the sum with the counts of another batch."""
        return RefreshCounts(self.new + written.new, self.changed + written.changed)


class DemoWriter:
    """Write the demo region over a connection; use it as `async with DemoWriter(connection)`.

    Within the block nothing else may use the connection. near_m: distance in metres up to which a message outside of all
    districts gets the nearest one.
    """

    def __init__(self, connection: asyncpg.Connection, near_m: float = NEAR_M) -> None:
        self._connection = connection
        self._writer = IncidentWriter(connection, near_m)
        self._ids = ReferenceIds.empty()

    async def __aenter__(self) -> Self:
        await self._writer.__aenter__()
        self._ids = await self._ensure_reference_data()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._writer.__aexit__(kind, error, trace)

    async def refresh(self, now: float, on_progress: OnProgress = _ignore_progress) -> RefreshCounts:
        """Bring the region up to `now` (seconds since 1970): everything the first time, later only what has changed.

        Messages are written in the order of their last steps, so that an interrupted refresh continues where it ended.
        """
        stored = await self.read_state()
        history = await asyncio.to_thread(_draw_changes, stored, now)
        return await self.write_history(history, now, on_progress)

    async def write_history(self, history: MessageHistory, now: float, on_progress: OnProgress = _ignore_progress) -> RefreshCounts:
        """Write the messages in their state at `now`, in their order."""
        counts, total = RefreshCounts(), len(history.messages)
        for start in range(0, total, BATCH_SIZE):
            on_progress(start, total)
            part = history.take(np.arange(start, min(start + BATCH_SIZE, total)))
            counts = counts.plus(await self._write(part, now))
        on_progress(total, total)
        return counts

    async def _write(self, part: MessageHistory, now: float) -> WriteResult:
        """Write a batch in one transaction."""
        with database_errors("write the demo region"):
            async with self._connection.transaction():
                if not await self._writer.reference_data.confirm():
                    # An entry was merged or deleted since the ids were read.
                    self._ids = await self._ensure_reference_data()
                return await self._writer.write(await asyncio.to_thread(part.to_batch, now, self._ids))

    async def read_state(self) -> StoredState:
        """Read the state of the demo region in the database."""
        sources = self._ids.sources.tolist()
        with database_errors("read the demo region"):
            last_step_at = await self._connection.fetchval(query("demo.latest_event_at"), sources)
            anchors = await self._connection.fetch(query("demo.latest_episode_days"), sources)
            open_live = await self._connection.fetch(query("demo.list_open_live"), sources, sorted(OPEN_STATUSES))
        return StoredState(
            last_step_at=last_step_at.timestamp() if last_step_at else 0.0,
            anchors={row["letter"]: row["anchor"] for row in anchors},
            open_live_ids=[row["external_id"] for row in open_live],
        )

    async def _ensure_reference_data(self) -> ReferenceIds:
        reference_data = self._writer.reference_data
        sources = [await reference_data.ensure_source(channel.source) for channel in DEMO_CHANNELS]
        theme_ids = await reference_data.ensure_themes(
            [Theme(theme.code, theme.sector, theme.name_ru, theme.name_en) for theme in DEMO_THEMES]
        )
        agency_ids = await reference_data.ensure_agencies(list_agencies())
        return ReferenceIds(
            np.array(sources),
            np.array([theme_ids[theme.code] for theme in DEMO_THEMES]),
            np.array([agency_ids[agency.code] for agency in list_agencies()]),
        )


async def refresh_demo(url: str, now: float, on_progress: OnProgress = _ignore_progress, near_m: float = NEAR_M) -> RefreshCounts:
    """Bring the demo region in the database at `url` up to `now`; see `DemoWriter.refresh`."""
    async with open_connection(url) as connection, DemoWriter(connection, near_m) as writer:
        return await writer.refresh(now, on_progress)


async def delete_demo(url: str) -> int:
    """Delete all made-up messages and return their number."""
    async with open_connection(url) as connection:
        with database_errors("delete the demo region"):
            status = await connection.execute(query("demo.delete_incidents"), [channel.source.code for channel in DEMO_CHANNELS])
    return int(status.rpartition(" ")[2])


def _draw_changes(stored: StoredState, now: float) -> MessageHistory:
    """Draw the messages that must be written to bring the stored state up to `now`."""
    history = draw_history(now, stored.last_step_at, stored.anchors, restore_live_messages(stored.open_live_ids))
    return history.changed_between(stored.last_step_at, now, include_planted=True)
