"""A load in a process of its own, which ends by a kill at a definite point: what such a process imports, and what its runs become."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg
from asyncpg.protocol import Protocol

from geo_service.core.sql import advisory_locks
from geo_service.core.sql.named_queries import query
from ingest.mapping.mapping import load_mapping
from ingest.runs.run import IngestOptions, RunCounts, file_input, ingest_input

STATEMENTS = ("query", "bind_execute", "bind_execute_many", "copy_in", "copy_out")
"""The methods of asyncpg's protocol that send a statement and wait for its result."""


class Moment(Enum):
    """When a process is killed: before a statement is sent, while the server works on it, or once its result has come."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


Send = Callable[..., Awaitable[Any]]
Watch = Callable[[int, Awaitable[Any]], Awaitable[Any]]
"""Awaits the statement of this number (the first is 0), and gives its result."""


@contextmanager
def watched_statements(watch: Watch) -> Iterator[None]:
    """Hand every statement that this process sends in the block to `watch`."""
    number = -1

    def watched(send: Send) -> Send:
        async def call(protocol: Protocol, *args: Any, **kwargs: Any) -> Any:
            nonlocal number
            number += 1
            return await watch(number, send(protocol, *args, **kwargs))

        return call

    with ExitStack() as patches:
        for name in STATEMENTS:
            patches.enter_context(patch.object(Protocol, name, watched(getattr(Protocol, name))))
        yield


async def load(url: str, path: Path, batch_size: int, source: str = "plain") -> RunCounts:
    """Load a file of the service's own columns for this source."""
    plain = load_mapping("plain")
    mapping = plain.model_copy(update={"source": plain.source.model_copy(update={"code": source})})
    return (await ingest_input(url, file_input(path, mapping, "plain"), lambda _: None, IngestOptions(batch_size=batch_size)))[1]


async def statements_of_load(url: str, path: Path, batch_size: int) -> int:
    """Load a file, and count the statements that it takes."""
    count = 0

    async def watch(_: int, statement: Awaitable[Any]) -> Any:
        nonlocal count
        count += 1
        return await statement

    with watched_statements(watch):
        await load(url, path, batch_size)
    return count


def load_and_end(url: str, path: Path, batch_size: int) -> None:
    """Load a file: the whole life of a process."""
    asyncio.run(load(url, path, batch_size))


def load_and_die(url: str, path: Path, batch_size: int, fatal: int, moment: Moment = Moment.AFTER) -> None:
    """Load a file, and kill this process at statement number `fatal`."""

    async def watch(number: int, statement: Awaitable[Any]) -> Any:
        if number == fatal and moment is Moment.BEFORE:
            _die()
        sent = asyncio.ensure_future(statement)
        if number == fatal and moment is Moment.DURING:
            await asyncio.sleep(0)
            _die()
        result = await sent
        if number == fatal:
            _die()
        return result

    with watched_statements(watch):
        load_and_end(url, path, batch_size)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


_PATIENCE_S = 60

RUNNING_SESSIONS = """
select count(*) from pg_locks
where locktype = 'advisory' and classid = $1::bigint::oid and database = (select oid from pg_database where datname = current_database())
"""


async def settled_states(held: asyncpg.Connection) -> list[str]:
    """The states of all runs, the oldest first, as `geo ingest runs` shows them once no session of a run is alive.

    The session of a killed process lives, and holds its run's lock, until PostgreSQL has ended the statement in hand and finds
    the socket closed. A load that begins before that takes the killed run for a running one, and is right.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while await held.fetchval(RUNNING_SESSIONS, advisory_locks.RUN_CLASS):
        assert time.monotonic() < deadline, "the session of a killed process never ended"
        await asyncio.sleep(0.02)
    return [row["state"] for row in reversed(await held.fetch(query("ingest.list_runs"), None, 100))]
