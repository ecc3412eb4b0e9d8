"""Reconciliation: finds and corrects what reached the database without its triggers, and so was not followed.

A round goes through all ids, a step after a poll and in its snapshot, so that replica and database are of one moment. A
step compares the count and the sum of ids of some blocks, which needs only the index of the primary key; blocks that
differ are read and compared row by row. That does not show a row whose values alone have changed, so each round also
reads a few blocks in turn that do not differ.
"""

import time
from datetime import UTC, datetime

import asyncpg
import numpy as np
import structlog
from numpy.typing import NDArray

from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.loader import read_incident_ids
from geo_service.aggregation.replica.replica import Replica, ReplicaState
from geo_service.core.sql.named_queries import query

_BLOCK_BITS = 16
_BLOCK = 1 << _BLOCK_BITS
"""Ids of a block: as many rows are read and compared at a time, in less than a second."""
_BLOCKS_A_STEP = 16
"""A million ids: their counts and sums take PostgreSQL 0.7 s (2 s right after mass changes), for which the next poll waits."""
_BLOCKS_READ_A_ROUND = 4
_LARGEST_ID = 2**63 - 1

log = structlog.get_logger(__name__)

Summary = dict[int, tuple[int, int]]
"""Block number → how many incidents it has, and the sum of their ids within the block."""


class Reconciliation:
    """Goes through the ids of replica and database round by round."""

    def __init__(self, replica: Replica, interval_s: float) -> None:
        """interval_s: from the end of a round to the next one."""
        self._replica = replica
        self._interval_s = interval_s
        self._due_at = time.monotonic() + interval_s
        self._round = 0
        self._next_id = -(2**63)
        self._blocks = 0
        self._read_every = 1
        """Of so many blocks one is read in a round."""

    def start_round(self) -> None:
        """Begin a round at the next step."""
        self._due_at = -np.inf

    @property
    def is_due(self) -> bool:
        """Whether there is a step to do."""
        return time.monotonic() >= self._due_at

    async def step(self, connection: asyncpg.Connection) -> Change:
        """Compare and correct the next blocks in the snapshot that the replica has been brought up to."""
        first = await self._first_id(connection)
        if first is None:
            self._end_round()
            return Change()
        first = first >> _BLOCK_BITS << _BLOCK_BITS
        last = min(first + _BLOCKS_A_STEP * _BLOCK - 1, _LARGEST_ID)
        rows = await connection.fetch(query("replica.summarise_blocks"), first, last)
        expected = {row["block"]: (row["n"], row["id_sum"]) for row in rows}
        found = await self._replica.run_unqueued(_summarise, first, last)
        change = Change()
        for block in sorted(expected.keys() | found.keys()):
            if expected.get(block) != found.get(block) or (block + self._round) % self._read_every == 0:
                change += await self._read_block(connection, block)
        self._blocks += len(expected)
        self._next_id = last + 1
        return change

    async def _first_id(self, connection: asyncpg.Connection) -> int | None:
        """Return the next id to look at; None at the end."""
        if self._next_id > _LARGEST_ID:
            return None
        stored: int | None = await connection.fetchval(query("replica.find_next_id"), self._next_id)
        held = await self._replica.run_unqueued(_next_id, self._next_id)
        return min((id_ for id_ in (stored, held) if id_ is not None), default=None)

    async def _read_block(self, connection: asyncpg.Connection, block: int) -> Change:
        first = block << _BLOCK_BITS
        last = first + _BLOCK - 1
        batch = await read_incident_ids(connection, first, last)
        held = await self._replica.run_unqueued(_ids_between, first, last)
        change = await self._replica.apply(batch, np.setdiff1d(held, batch["id"]), None)
        if change:
            self._replica.following.record_difference(change.new + change.changed + change.deleted, datetime.now(UTC))
            log.warning(
                "the replica differed from the database and was corrected", first_id=first, last_id=last,
                missing=change.new, changed=change.changed, left_over=change.deleted,
            )  # fmt: skip
        return change

    def _end_round(self) -> None:
        self._round += 1
        self._read_every = max(1, -(-self._blocks // _BLOCKS_READ_A_ROUND))
        self._next_id, self._blocks = -(2**63), 0
        self._due_at = time.monotonic() + self._interval_s
        self._replica.following.reconciled_at = time.monotonic()


def _ids_between(state: ReplicaState, first: int, last: int) -> NDArray[np.int64]:
    """Ids from `first` to `last` that the replica holds. int64."""
    return np.concatenate([state.columns.ids_between(first, last), state.unplaced.ids_between(first, last)])


def _next_id(state: ReplicaState, at_least: int) -> int | None:
    """Return an id that no id held from `at_least` on is below; None where none is held."""
    ranges = (state.columns.id_range(), state.unplaced.id_range())
    return min((max(held[0], at_least) for held in ranges if held is not None and held[1] >= at_least), default=None)


def _summarise(state: ReplicaState, first: int, last: int) -> Summary:
    """The summary of the ids from `first` to `last`; `first` begins a block."""
    ids = _ids_between(state, first, last)
    blocks = (ids - first) >> _BLOCK_BITS
    counts = np.bincount(blocks, minlength=1)
    # Exact: below 2^53.
    sums = np.bincount(blocks, weights=(ids & (_BLOCK - 1)).astype(np.float64), minlength=1)
    start = first >> _BLOCK_BITS
    return {start + int(at): (int(counts[at]), int(sums[at])) for at in np.flatnonzero(counts)}
