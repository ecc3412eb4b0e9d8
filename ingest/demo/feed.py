"""The feed: goes on adding messages and moves open ones along, until it is cancelled."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from boundaries.locate import NEAR_M
from geo_service.core.database import open_connection
from geo_service.core.errors import DatabaseUnavailable
from ingest.demo.db_writer import RegionWriter
from ingest.demo.messages.draws import Messages, joined, local_day
from ingest.demo.messages.history import Region, history, region_of
from ingest.demo.messages.live_messages import arriving, remembered

PER_MINUTE = 6.0

_TICK_S = 5.0
_BACKOFF_S = (1.0, 30.0)


@dataclass(slots=True)
class _Alive:
    """What the feed moves along: the history around today, and its own messages that are not over yet."""

    day: int
    past: Region
    own: Messages
    written_until: float


async def feed(url: str, per_minute: float = PER_MINUTE, say: Callable[[str], None] = lambda text: None, near_m: float = NEAR_M) -> None:
    """Add `per_minute` messages a minute on average until cancelled; a database that goes away is waited for."""
    pause = _BACKOFF_S[0]
    while True:
        try:
            async with open_connection(url) as held, RegionWriter(held, near_m) as writer:
                alive = await _wake(writer)
                while True:
                    await asyncio.sleep(_TICK_S)
                    alive = await _tick(writer, alive, per_minute)
                    pause = _BACKOFF_S[0]
        except DatabaseUnavailable as error:
            say(f"The feed waits for the database and tries again in {pause:.0f} s ({error})")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _BACKOFF_S[1])


async def _wake(writer: RegionWriter) -> _Alive:
    """Level the region with now and begin there; what an earlier feed left open is taken up again."""
    now = time.time()
    await writer.refresh(now)
    known = await writer.look()
    past = await asyncio.to_thread(history, now, now, known.anchors)
    return _Alive(local_day(now), past, remembered(known.open_live), now)


async def _tick(writer: RegionWriter, alive: _Alive, per_minute: float) -> _Alive:
    """One step; with a new day begins a new look at the history, because an episode may have been planted anew."""
    now = time.time()
    if local_day(now) != alive.day:
        return await _wake(writer)
    own = region_of(joined([alive.own, arriving(alive.written_until, now, per_minute)]))
    for region in (alive.past, own):
        await writer.write(region.changed(alive.written_until, now), now)
    return _Alive(alive.day, alive.past, own.messages.take(np.flatnonzero(own.lives.steps[:, -1] > now)), now)
