"""The private PostGIS cluster: the database of a laptop, the demo and the tests when none is given.

It lives in one folder and listens on this machine only. Several processes may use it at once: each holds a shared
lock, and the last one to leave stops it, unless `geo db start` asked for it to stay.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from geo_service.cluster import postgres_binaries
from geo_service.cluster.data_directory import DataDirectory, free_port
from geo_service.cluster.file_lock import FileLock
from geo_service.core.errors import ClusterError
from geo_service.core.settings import Settings

DATABASE = USER = "geo"
START_ATTEMPTS = 5
ATTEMPT_PAUSE_S = 1.0
"""After a kill -9 the server's orphaned processes need a moment to notice and go."""


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """What is known of a private cluster without touching it."""

    state: Literal["absent", "stopped", "running"]
    data: Path
    port: int | None
    pid: int | None
    pinned: bool


def _silent(_: str) -> None:
    """Say nothing."""


class Cluster:
    """The private cluster whose folder is `home`; `say` is told in plain words what takes its time.

    Without `durable` a crash of the machine may lose everything: for tests. Whatever cannot be done is a `ClusterError`.
    """

    def __init__(self, home: Path, *, durable: bool = True, say: Callable[[str], None] = _silent) -> None:
        self.home = DataDirectory(home, postgres_binaries.server_user())
        self._durable = durable
        self._say = say
        self._users = FileLock(self.home.root / "users")
        self._change = FileLock(self.home.root / "change")

    def start(self, *, pin: bool = False) -> str:
        """Make the cluster if it is not there, start it if it does not run, and hold it; its database's address.

        `pin` leaves it running when its last user has left.
        """
        self.home.make(self._say)
        with self._change.exclusively():
            if not self.home.is_made:
                self._create()
            if self._pid() is None:
                self._launch()
            self._users.share()
            if pin:
                self.home.pinned.touch()
        return self.url

    def release(self) -> bool:
        """Leave the cluster; the last to leave stops it. Whether it is stopped."""
        with self._change.exclusively():
            self._users.release()
            if self._users.try_exclusive() and not self.home.pinned.exists():
                self._halt()
            self._users.release()
            return self._pid() is None

    def stop(self, *, now: bool = False) -> bool:
        """End the pin, and stop the cluster if nobody uses it or `now` is said. Whether it is stopped."""
        if not self.home.is_made:
            return True
        self.home.pinned.unlink(missing_ok=True)
        if not self.release() and now:
            self._halt()
        return self._pid() is None

    def status(self) -> ClusterStatus:
        """What is known of it now."""
        pid = self._pid()
        state: Literal["absent", "stopped", "running"] = "running" if pid else "stopped" if self.home.is_made else "absent"
        return ClusterStatus(state, self.home.data, self.home.port, pid, self.home.pinned.exists())

    @property
    def url(self) -> str:
        """The address of the cluster's database, password included."""
        return f"postgresql://{USER}:{quote(self.home.password)}@127.0.0.1:{self.home.port}/{DATABASE}"

    def _create(self) -> None:
        """Made under another name first: a cluster that is there is whole."""
        self._say(f"Making a private PostGIS cluster in {self.home.root}")
        tools, fresh = postgres_binaries.programs(), self.home.data / "pg.making"
        password = self.home.keep_password(secrets.token_urlsafe(24))
        if fresh.exists():
            shutil.rmtree(fresh)
        self._run(
            "make the private cluster", tools / "initdb", "-D", fresh, "-U", USER, f"--pwfile={password}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
        )  # fmt: skip
        password.unlink()
        self._run("make the database", tools / "postgres", "--single", "-D", fresh, "postgres", text=f"create database {DATABASE}\n")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include_dir 'conf.d'\n")
        fresh.rename(self.home.server)

    def _launch(self) -> None:
        """Start the server, on another port when somebody was quicker to take its own."""
        for left in reversed(range(START_ATTEMPTS)):
            self._forget_stranger()
            self.home.configure(free_port(self.home.port), durable=self._durable)
            try:
                return self._control("start", "--log", self.home.log)
            except ClusterError:
                if not left:
                    raise
                time.sleep(ATTEMPT_PAUSE_S)
        return None

    def _halt(self) -> None:
        if self._pid() is not None:
            self._control("stop", "--mode=fast")
            self.home.clear_socket_folder()

    def _control(self, act: str, *options: str | Path) -> None:
        tools = postgres_binaries.programs(int((self.home.server / "PG_VERSION").read_text()))
        told = f"{act} the private cluster (its log: {self.home.log})"
        self._run(told, tools / "pg_ctl", act, "-D", self.home.server, "--wait", "--timeout=120", "--silent", *options)

    def _run(self, act: str, *command: str | Path, text: str = "") -> None:
        postgres_binaries.run([str(word) for word in command], self.home.user, act, text)

    def _pid(self) -> int | None:
        """The running server's process."""
        pid = self._recorded_pid()
        return pid if pid and self._is_server(pid) else None

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.home.server / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_server(self, pid: int) -> bool:
        try:
            return os.fsencode(self.home.server) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    def _forget_stranger(self) -> None:
        """After a crash or a reboot another process may have the number of the server that was."""
        pid = self._recorded_pid()
        if pid and Path(f"/proc/{pid}").exists() and not self._is_server(pid):
            (self.home.server / "postmaster.pid").unlink()


@contextmanager
def running(home: Path, *, durable: bool = True, say: Callable[[str], None] = _silent) -> Iterator[str]:
    """The address of the private cluster's database, running for as long as the block."""
    cluster = Cluster(home, durable=durable, say=say)
    address = cluster.start()
    try:
        yield address
    finally:
        cluster.release()


@contextmanager
def database_url(settings: Settings, say: Callable[[str], None] = _silent) -> Iterator[str]:
    """The address every command works with: the one that is set, else the private cluster's, running for the block."""
    if settings.database_url:
        yield settings.database_url
    else:
        with running(settings.home, say=say) as address:
            yield address
