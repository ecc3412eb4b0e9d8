"""How far a server has been pulled: kept in the database, so that a pull goes on where the last one ended or was killed."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.errors import InputError
from geo_service.core.named_queries import query
from ingest.pull.reader import Span

OVERLAP = timedelta(days=1)
"""Changes are asked for from so long before the last pull: clocks differ, and servers are late."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Requests received in [since, reached) are known as they were at `known_at`."""

    since: datetime
    reached: datetime
    known_at: datetime
    finished: bool
    """Whether the last pull came to its end."""


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull asks for, and the mark that it begins with."""

    span: Span
    mark: Checkpoint
    began: datetime

    def reached(self, at: datetime) -> Checkpoint:
        """The mark once everything received before `at` has been written."""
        if at < self.mark.reached:
            return self.mark
        known_at = self.began if self.mark.finished else self.mark.known_at
        return Checkpoint(self.mark.since, at, known_at, finished=False)

    def ended(self) -> Checkpoint:
        """The mark at the end."""
        return replace(self.reached(self.span.until), finished=True)


def plan(mark: Checkpoint | None, since: datetime | None, until: datetime | None, now: datetime, *, again: bool) -> PullPlan:
    """What to ask for after `mark` (None: nothing was pulled before); `again` asks for everything once more.

    `InputError` when nothing says where to begin.
    """
    if mark is None and since is None:
        raise InputError("cannot pull: nothing has been pulled from this server yet; --since DATE says where to begin")
    begin = since or (mark.since if mark else now)
    end = min(until or now, now)
    if begin >= end:
        raise InputError(f"cannot pull: --since {begin.isoformat()} is not before {end.isoformat()}")
    if mark is None or again or not mark.since <= begin <= mark.reached:
        return PullPlan(Span(begin, begin, end, now), Checkpoint(begin, begin, now, finished=False), now)
    if not mark.finished:
        # What was under way comes first; changes of what is known wait for the next pull.
        start = min(mark.reached, end)
        return PullPlan(Span(start, start, end, now), mark, now)
    return PullPlan(Span(mark.since, min(mark.reached, end), end, mark.known_at - OVERLAP), mark, now)


async def read_checkpoint(held: asyncpg.Connection, source: str, endpoint: str) -> Checkpoint | None:
    """The mark of this server, None when there is none."""
    with database_errors("read how far a server was pulled"):
        row = await held.fetchrow(query("open311.read_checkpoint"), source, endpoint)
    return Checkpoint(*row) if row else None


async def write_checkpoint(held: asyncpg.Connection, source: str, endpoint: str, mark: Checkpoint) -> None:
    """Keep the mark of this server."""
    with database_errors("write how far a server was pulled"):
        await held.execute(query("open311.write_checkpoint"), source, endpoint, mark.since, mark.reached, mark.known_at, mark.finished)
