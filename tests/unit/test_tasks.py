"""Background tasks end when they are cancelled, whatever arrives at the same moment."""

import asyncio
import time
from contextlib import suppress
from typing import Any

import pytest
import structlog

from geo_service.aggregation.columns.columns import Change
from geo_service.aggregation.replica.follower import CHANNELS, Follower
from geo_service.aggregation.replica.replica import Replica
from geo_service.core.admission import AdmissionQueue
from geo_service.core.errors import DatabaseUnavailable
from geo_service.core.tasks import cancel_and_wait


class Connection:
    """A connection that only remembers who listens."""

    def __init__(self) -> None:
        self.listeners: list[Any] = []

    async def add_listener(self, channel: str, callback: Any) -> None:
        self.listeners.append(callback)

    async def fetchval(self, query: str) -> bool:
        """No server is in recovery here."""
        return False


class IdleReplica(Replica):
    """A replica whose tail never needs merging."""

    async def merge_tail(self, limit: int) -> None:
        pass


class IdleFollower(Follower):
    """A follower that finds no change."""

    async def poll(self, connection: Any) -> Change:
        return Change()

    async def waits(self) -> None:
        """Return once the follower waits for the next notification."""
        async with asyncio.timeout(5):
            while not self._notified._waiters:  # noqa: ASYNC110  # asyncio offers no other way to see it
                await asyncio.sleep(0.001)


@pytest.mark.parametrize("turns", range(8))
async def test_a_follower_ends_when_a_notification_arrives_just_before_its_cancellation(turns: int) -> None:
    replica = IdleReplica(1_000, AdmissionQueue(1, 1))
    follower, connection = IdleFollower("", replica), Connection()
    task = asyncio.create_task(follower._follow(connection))
    await follower.waits()
    connection.listeners[0](None, 0, CHANNELS[0], "")
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    replica.close()


async def test_a_task_that_loses_its_first_cancellation_is_cancelled_again() -> None:
    lost = 0

    async def stubborn() -> None:
        nonlocal lost
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        lost += 1
        await asyncio.sleep(60)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    assert await cancel_and_wait(task, 5)
    assert (lost, task.cancelled()) == (1, True)


async def test_a_task_that_never_ends_is_waited_for_only_so_long() -> None:
    release = asyncio.Event()

    async def immortal() -> None:
        while not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()

    task = asyncio.create_task(immortal())
    await asyncio.sleep(0)
    assert not await cancel_and_wait(task, 0.1)
    release.set()
    await task


async def test_an_error_that_ended_the_task_is_left_to_its_owner() -> None:
    async def failing() -> None:
        raise ValueError("broken")

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    assert await cancel_and_wait(task, 5)
    assert isinstance(task.exception(), ValueError)


async def test_while_the_database_is_away_a_follower_tries_often_and_logs_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = 0
    enough = asyncio.Event()

    async def refuse(url: str) -> None:
        nonlocal tries
        tries += 1
        if tries == 6:
            enough.set()
        raise DatabaseUnavailable("cannot connect")

    monkeypatch.setattr("geo_service.aggregation.replica.follower.connect", refuse)
    replica = IdleReplica(1_000, AdmissionQueue(1, 1))
    replica.synced_at = time.monotonic()
    with structlog.testing.capture_logs() as lines:
        following = asyncio.create_task(Follower("", replica).run())
        async with asyncio.timeout(10):
            await enough.wait()
        assert await cancel_and_wait(following, 5)
    assert len([line for line in lines if line["event"] == "replica lost its database connection"]) < tries / 2
    replica.close()
