"""Faults of a database server, each thrown in once at a call. What they take away on purpose is no longer acknowledged."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from geo_service.cluster.private_cluster import Cluster
from geo_service.core.database import open_connection
from tests.support.backups import dump, restore
from tests.support.small_disk import fill_disk

_LOCKED_S = (1.0, 3.0)
_FULL_S = 2.0


@dataclass(frozen=True, slots=True)
class Target:
    """The server that the faults befall."""

    cluster: Cluster
    url: str
    disk: Path | None
    """Where its data is on a small disk of its own, which may be filled."""
    acknowledged: set[str]
    """External ids that must be in the database."""


Fault = Callable[[Target, Random], Awaitable[None]]


async def _backends(target: Target) -> list[int]:
    async with open_connection(target.url) as held:
        rows = await held.fetch("select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
    return [row["pid"] for row in rows]


async def terminate_backends(target: Target, _: Random) -> None:
    """End every session, as an administrator does."""
    async with open_connection(target.url) as held:
        await held.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )


async def kill_backend(target: Target, rng: Random) -> None:
    """Kill a session's process: the server ends all others and recovers as after a crash."""
    if pids := await _backends(target):
        os.kill(rng.choice(pids), signal.SIGKILL)


async def kill_server(target: Target, _: Random) -> None:
    """Kill the server's first process."""
    if pid := target.cluster.status().pid:
        os.kill(pid, signal.SIGKILL)
        while target.cluster.status().pid == pid:  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(0.05)


async def restart_at_once(target: Target, _: Random) -> None:
    """Restart without waiting for anything: everything not on disk is recovered from the log."""
    await asyncio.to_thread(target.cluster._pg_ctl, "restart", "--mode=immediate", "--log", target.cluster.folder.log)


async def lock_incidents(target: Target, rng: Random) -> None:
    """Lock the table against everybody."""
    async with open_connection(target.url) as held, held.transaction():
        await held.execute("lock table incident in access exclusive mode")
        await asyncio.sleep(rng.uniform(*_LOCKED_S))


async def delete_without_triggers(target: Target, rng: Random) -> None:
    """Delete rows in a way that nothing tells of."""
    async with open_connection(target.url) as held:
        await held.execute("set session_replication_role = replica")
        rows = await held.fetch("delete from incident where id % 97 = $1 and id % 5 = 0 returning external_id", rng.randrange(97))
    target.acknowledged.difference_update(row["external_id"] for row in rows)


async def restore_backup(target: Target, _: Random) -> None:
    """Restore a backup under the running service: what was written since it was begun is gone."""
    file = target.cluster.folder.root / "backup"
    before = set(target.acknowledged)
    await dump(target.url, file)
    await restore(file, target.url, "--clean", "--if-exists", "--schema=public")
    file.unlink()
    # Not in place of the old set: what is written from now on is added to it.
    target.acknowledged.intersection_update(before)


async def fill_the_disk(target: Target, _: Random) -> None:
    """Leave no byte on the disk for a while; the server may end for it."""
    assert target.disk
    with fill_disk(target.disk):
        await asyncio.sleep(_FULL_S)


async def hold_a_transaction(target: Target, rng: Random) -> None:
    """Keep a transaction open that has written, and take it back."""
    async with open_connection(target.url) as held:
        transaction = held.transaction()
        await transaction.start()
        try:
            await held.execute("update incident set status = 1 where id % 1000 = $1", rng.randrange(1000))
            await asyncio.sleep(rng.uniform(*_LOCKED_S))
        finally:
            await transaction.rollback()


FAULTS: dict[str, Fault] = {
    "terminate": terminate_backends,
    "kill backend": kill_backend,
    "kill server": kill_server,
    "restart": restart_at_once,
    "lock": lock_incidents,
    "silent delete": delete_without_triggers,
    "restore": restore_backup,
    "disk full": fill_the_disk,
    "open transaction": hold_a_transaction,
}


def fault_names(target: Target) -> list[str]:
    """The faults that can be thrown in here: a disk can be filled where there is a small one."""
    return [name for name in FAULTS if target.disk or name != "disk full"]
