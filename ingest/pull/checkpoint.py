"""Checkpoint of a pull: stored in the database, so that a pull continues where the last one ended or was interrupted."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import asyncpg

from geo_service.core.database import database_errors
from geo_service.core.errors import InputError
from geo_service.core.sql.named_queries import query
from ingest.pull.reader import PullSpan

OVERLAP = timedelta(days=1)
"""Changes are read from this long before the last pull: clocks differ, and servers publish changes late."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Requests received in [since, reached) are stored in their state at `known_at`."""

    since: datetime
    reached: datetime
    known_at: datetime
    finished: bool
    """Whether the last pull was completed."""


@dataclass(frozen=True, slots=True)
class PullPlan:
    """The time span that a pull reads, and the checkpoint at its start."""

    span: PullSpan
    checkpoint: Checkpoint
    started_at: datetime

    def checkpoint_at(self, at: datetime) -> Checkpoint:
        """Return the checkpoint after everything received before `at` has been stored."""
        if at < self.checkpoint.reached:
            return self.checkpoint
        known_at = self.started_at if self.checkpoint.finished else self.checkpoint.known_at
        return Checkpoint(self.checkpoint.since, at, known_at, finished=False)

    def final_checkpoint(self) -> Checkpoint:
        """Return the checkpoint of the completed pull."""
        return replace(self.checkpoint_at(self.span.until), finished=True)


def plan_pull(checkpoint: Checkpoint | None, since: datetime | None, until: datetime | None, now: datetime, *, again: bool) -> PullPlan:
    """Return what to read after `checkpoint` (None for the first pull); `again` reads everything once more.

    `InputError` if neither `checkpoint` nor `since` says where to start, or if the span is empty.
    """
    if checkpoint is None and since is None:
        raise InputError("cannot pull: nothing has been pulled from this server yet; set --since DATE for the first pull")
    start = since or (checkpoint.since if checkpoint else now)
    end = min(until or now, now)
    if start >= end:
        raise InputError(f"cannot pull: --since {start.isoformat()} is not before {end.isoformat()}")
    if checkpoint is None or again or not checkpoint.since <= start <= checkpoint.reached:
        return PullPlan(PullSpan(start, start, end, now), Checkpoint(start, start, now, finished=False), now)
    if not checkpoint.finished:
        # The interrupted pull is completed first; changes of stored requests are read by the next pull.
        resume_at = min(checkpoint.reached, end)
        return PullPlan(PullSpan(resume_at, resume_at, end, now), checkpoint, now)
    span = PullSpan(checkpoint.since, min(checkpoint.reached, end), end, checkpoint.known_at - OVERLAP)
    return PullPlan(span, checkpoint, now)


async def read_checkpoint(connection: asyncpg.Connection, source: str, endpoint: str) -> Checkpoint | None:
    """Return the checkpoint of this server; None before its first pull."""
    with database_errors("read the checkpoint of a pull"):
        row = await connection.fetchrow(query("open311.read_checkpoint"), source, endpoint)
    return Checkpoint(*row) if row else None


async def write_checkpoint(connection: asyncpg.Connection, source: str, endpoint: str, checkpoint: Checkpoint) -> None:
    """Store the checkpoint of this server."""
    values = checkpoint.since, checkpoint.reached, checkpoint.known_at, checkpoint.finished
    with database_errors("write the checkpoint of a pull"):
        await connection.execute(query("open311.write_checkpoint"), source, endpoint, *values)
