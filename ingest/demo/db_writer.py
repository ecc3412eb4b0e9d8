"""The region in the database: what it knows of it, and writing what has happened since."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import asyncpg
import numpy as np

from boundaries.locate import NEAR_M
from geo_service.core.database import database_errors, open_connection
from geo_service.core.model import OPEN_STATUSES
from geo_service.core.named_queries import query
from ingest.demo.messages.agencies import CHANNELS, agencies
from ingest.demo.messages.history import Ids, Region, history
from ingest.demo.messages.live_messages import remembered
from ingest.demo.messages.themes import KINDS
from ingest.write.incident_writer import BATCH_SIZE, IncidentWriter, WriteResult
from ingest.write.reference_data import Theme


@dataclass(frozen=True, slots=True)
class Known:
    """What the database has of the region."""

    since: float
    """Instant of the last event that was written, seconds since 1970; 0 when there is none."""
    anchors: dict[str, int]
    """The newest day on which each episode was planted."""
    open_live: list[str]
    """Ids of the feed's messages that are still open."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did."""

    new: int = 0
    changed: int = 0

    def plus(self, written: WriteResult) -> "Refreshed":
        """With what another batch did."""
        return Refreshed(self.new + written.new, self.changed + written.changed)


class RegionWriter:
    """Writes the region over one connection, which it uses alone while it is entered: `async with RegionWriter(connection)`.

    `near_m` is how far outside its district a message may lie and still be given to it, in metres.
    """

    def __init__(self, connection: asyncpg.Connection, near_m: float = NEAR_M) -> None:
        self._connection = connection
        self._writer = IncidentWriter(connection, near_m)
        self._ids = Ids.none()

    async def __aenter__(self) -> Self:
        await self._writer.__aenter__()
        self._ids = await self._catalogue()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._writer.__aexit__(kind, error, trace)

    async def refresh(self, now: float, progress: Callable[[int, int], None] = lambda done, all_: None) -> Refreshed:
        """Bring the region to `now`: everything the first time, later only what has happened since.

        Events are written in the order of time, so a refresh that was cut off is taken up where it ended.
        `progress` is told how many messages are done, of how many.
        """
        known = await self.look()
        rows = await asyncio.to_thread(_due, known, now)
        return await self.write(rows, now, progress)

    async def write(self, region: Region, now: float, progress: Callable[[int, int], None] = lambda done, all_: None) -> Refreshed:
        """Write the messages of `region` as they stand at `now`, in their order."""
        done, all_ = Refreshed(), len(region.messages)
        for start in range(0, all_, BATCH_SIZE):
            progress(start, all_)
            part = region.take(np.arange(start, min(start + BATCH_SIZE, all_)))
            done = done.plus(await self._writer.write(await asyncio.to_thread(part.batch, now, self._ids)))
        progress(all_, all_)
        return done

    async def look(self) -> Known:
        """What the database has of the region."""
        sources = self._ids.sources.tolist()
        with database_errors("look at the demo region"):
            since = await self._connection.fetchval(query("demo.latest_event_at"), sources)
            anchors = await self._connection.fetch(query("demo.latest_episode_days"), sources)
            live = await self._connection.fetch(query("demo.list_open_live"), sources, sorted(OPEN_STATUSES))
        return Known(
            since=since.timestamp() if since else 0.0,
            anchors={row["letter"]: row["anchor"] for row in anchors},
            open_live=[row["external_id"] for row in live],
        )

    async def _catalogue(self) -> Ids:
        sources = [await self._writer.ensure_source(channel.source) for channel in CHANNELS]
        themes = await self._writer.ensure_themes([Theme(kind.code, kind.sector, kind.name_ru, kind.name_en) for kind in KINDS])
        offices = await self._writer.ensure_agencies(agencies())
        return Ids(np.array(sources), np.array([themes[kind.code] for kind in KINDS]), np.array([offices[one.code] for one in agencies()]))


async def refresh(
    url: str, now: float, progress: Callable[[int, int], None] = lambda done, all_: None, near_m: float = NEAR_M
) -> Refreshed:
    """Bring the region in the database at `url` to `now`; see `RegionWriter.refresh`."""
    async with open_connection(url) as held, RegionWriter(held, near_m) as writer:
        return await writer.refresh(now, progress)


async def delete_demo(url: str) -> int:
    """Delete every made-up message of the region; how many there were."""
    async with open_connection(url) as held:
        with database_errors("delete the demo region"):
            outcome = await held.execute(query("demo.delete_incidents"), [channel.source.code for channel in CHANNELS])
    return int(outcome.rpartition(" ")[2])


def _due(known: Known, now: float) -> Region:
    """What must be written to bring what is known to `now`."""
    region = history(now, known.since, known.anchors, remembered(known.open_live))
    return region.changed(known.since, now, with_others=True)
