"""Backups made and restored by PostgreSQL's own programs, and a standby that is promoted."""

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from geo_service.cluster.postgres_binaries import find_programs
from geo_service.cluster.private_cluster import Cluster, run_cluster
from tests.support.databases import execute_statement


async def _run(program: str, *options: str | Path, is_checked: bool = True) -> None:
    def run() -> None:
        subprocess.run([find_programs() / program, *options], check=is_checked, capture_output=True)

    await asyncio.to_thread(run)


async def dump(url: str, file: Path) -> Path:
    """Write a backup of the database, as docs/operations.md says."""
    await _run("pg_dump", "--format=custom", f"--file={file}", url)
    return file


async def restore(file: Path, url: str, *options: str) -> None:
    """Restore a backup. Its exit code does not count: the extension cannot be dropped while somebody is connected."""
    await _run("pg_restore", *options, f"--dbname={url}", file, is_checked=False)


@contextmanager
def server_folder() -> Iterator[Path]:
    """A folder that the server's user can enter, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory(prefix="geo-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@asynccontextmanager
async def other_cluster() -> AsyncIterator[str]:
    """The URL of an empty database in a new cluster."""
    with server_folder() as folder, run_cluster(folder, durable=False) as url:
        yield url


@asynccontextmanager
async def promoted_standby(primary: Cluster) -> AsyncIterator[str]:
    """The URL of a copy of the stopped cluster `primary` that starts as a standby and is promoted."""
    with server_folder() as folder:
        shutil.copytree(primary.folder.root, folder, dirs_exist_ok=True)
        cluster = Cluster(folder, durable=False)
        (cluster.folder.pgdata / "standby.signal").touch()
        for path in (folder / "data", *(folder / "data").rglob("*")):
            cluster.folder.user.take_ownership(path)
        url = cluster.start()
        try:
            await execute_statement(url, "select pg_promote()")
            yield url
        finally:
            cluster.stop(now=True)


@asynccontextmanager
async def streaming_standby(primary: Cluster) -> AsyncIterator[tuple[Cluster, str]]:
    """A standby that follows the running cluster `primary`, whose `wal_level` is `replica`, and its URL."""
    with server_folder() as folder:
        cluster = Cluster(folder, durable=False)
        cluster.folder.create_folders(lambda _: None)
        await _run(
            "pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", f"--pgdata={cluster.folder.pgdata}", f"--dbname={primary.url}"
        )
        shutil.copy(primary.folder.root / "password", folder / "password")
        for path in (folder / "data", *(folder / "data").rglob("*")):
            cluster.folder.user.take_ownership(path)
        url = cluster.start()
        try:
            yield cluster, url
        finally:
            cluster.stop(now=True)


async def spend_transactions(url: str, count: int) -> None:
    """Let the database's counter of transactions go on by `count`."""
    await execute_statement(url, f"do $$ begin for i in 1..{count} loop perform pg_current_xact_id(); commit; end loop; end $$")
