"""The feed of the demo region: adds messages and advances open ones until it is cancelled.

The history is drawn beyond the present day, and the feed writes what is due of it. So new messages come at the rate, and in the
rhythm of hours and weekdays, that the last two years have; watching changes no trend.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from boundaries.locating.locate import NEAR_M
from geo_service.core.database import open_connection
from geo_service.core.errors import DatabaseUnavailable
from ingest.demo.db_writer import DemoWriter
from ingest.demo.messages.draws import Messages, concatenate_messages, local_day
from ingest.demo.messages.history import MessageHistory, draw_history, make_history
from ingest.demo.messages.live_messages import draw_live_messages, restore_live_messages

PER_MINUTE = 0.0
"""Messages a minute beside those of the history. More than none distort every trend."""

_INTERVAL_S = 5.0
_RETRY_PAUSE_S = (1.0, 30.0)
"""First and longest pause after a lost connection; the pause doubles."""


@dataclass(slots=True)
class _FeedState:
    """The messages that the feed advances."""

    day: int
    """Local day on which `history` was drawn."""
    history: MessageHistory
    own: Messages
    """Messages of the feed with steps to come."""
    written_until: float
    """Instant up to which all steps have been written, seconds since 1970."""


async def run_feed(
    url: str, per_minute: float = PER_MINUTE, on_message: Callable[[str], None] = lambda text: None, near_m: float = NEAR_M
) -> None:
    """Write the messages and steps that are due until cancelled; reconnect when the database connection is lost.

    per_minute: messages a minute, on average, that come in addition.
    """
    pause = _RETRY_PAUSE_S[0]
    while True:
        try:
            async with open_connection(url) as connection, DemoWriter(connection, near_m) as writer:
                state = await _start(writer)
                while True:
                    await asyncio.sleep(_INTERVAL_S)
                    state = await _advance(writer, state, per_minute)
                    pause = _RETRY_PAUSE_S[0]
        except DatabaseUnavailable as error:
            on_message(f"The feed waits for the database and tries again in {pause:.0f} s ({error})")
            await asyncio.sleep(pause)
            pause = min(pause * 2, _RETRY_PAUSE_S[1])


async def _start(writer: DemoWriter) -> _FeedState:
    """Bring the region up to date, and continue with the open messages of an earlier feed."""
    now = time.time()
    await writer.refresh(now)
    stored = await writer.read_state()
    history = await asyncio.to_thread(draw_history, now, now, stored.anchors)
    return _FeedState(local_day(now), history, restore_live_messages(stored.open_live_ids), now)


async def _advance(writer: DemoWriter, state: _FeedState, per_minute: float) -> _FeedState:
    """Write the steps since the last call. On a new day start again, because another event may have been planted."""
    now = time.time()
    if local_day(now) != state.day:
        return await _start(writer)
    own = make_history(concatenate_messages([state.own, draw_live_messages(state.written_until, now, per_minute)]))
    for history in (state.history, own):
        await writer.write_history(history.changed_between(state.written_until, now), now)
    return _FeedState(state.day, state.history, own.messages.take(np.flatnonzero(own.lifecycles.steps[:, -1] > now)), now)
