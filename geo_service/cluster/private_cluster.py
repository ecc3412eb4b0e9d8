"""The private PostGIS cluster: the database of the demo, of the tests and of a laptop without GEO_DATABASE_URL.

All its files are in one folder, and it listens on the loopback address only. Several processes can use it at the same time:
each holds a shared lock, and the last one to leave stops the server, unless `geo db start` has pinned it.
"""

import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from geo_service.cluster import postgres_binaries
from geo_service.cluster.data_directory import DataDirectory, find_free_port
from geo_service.cluster.file_lock import FileLock
from geo_service.cluster.watchdog import keep_running
from geo_service.core.errors import ClusterError
from geo_service.core.settings import Settings
from geo_service.core.signals import signals_held

DATABASE = USER = "geo"
START_ATTEMPTS = 5
ATTEMPT_PAUSE_S = 1.0
"""After a kill -9, the child processes of the old server need a moment to end."""


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """The state of a private cluster."""

    state: Literal["absent", "stopped", "running"]
    data: Path
    port: int | None
    pid: int | None
    pinned: bool


def _ignore_message(_: str) -> None:
    """Discard a message."""


class Cluster:
    """The private cluster in the folder `home`.

    durable: False is for tests: a crash of the machine may lose all data. on_message gets a text before a long step. All
    methods raise `ClusterError` when they fail.
    """

    def __init__(self, home: Path, *, durable: bool = True, on_message: Callable[[str], None] = _ignore_message) -> None:
        self.folder = DataDirectory(home, postgres_binaries.find_server_user())
        self._durable = durable
        self._on_message = on_message
        self._users_lock = FileLock(self.folder.root / "users")
        self._change_lock = FileLock(self.folder.root / "change")

    def start(self, *, pin: bool = False) -> str:
        """Create the cluster if needed, start it if needed, and register as a user; return the URL of its database.

        pin: keep it running after its last user has left.
        """
        self.folder.create_folders(self._on_message)
        with self._change_lock.hold_exclusive():
            if not self.folder.exists:
                self._create()
            self.folder.stopped.unlink(missing_ok=True)
            if self._pid() is None:
                self._start_server()
            self._users_lock.acquire_shared()
            if pin:
                self.folder.pinned.touch()
        return self.url

    def restart_if_ended(self) -> bool:
        """Start the server again if it has ended without being stopped; return whether it had. Only for a user of the cluster.

        The port stays the same, because its users have the URL.
        """
        if self._pid() is not None:
            return False
        with self._change_lock.hold_exclusive():
            if self._pid() is not None or self.folder.stopped.exists():
                return False
            port = self.folder.port
            if find_free_port(port) != port:
                raise ClusterError(f"cannot start the private cluster again: another program uses its port {port}")
            self._start_server(attempts=1)
            return True

    def release(self) -> bool:
        """Unregister as a user; the last user stops the server. Return whether it is stopped."""
        with self._change_lock.hold_exclusive():
            self._users_lock.release()
            if self._users_lock.try_acquire_exclusive() and not self.folder.pinned.exists():
                self._stop_server()
            self._users_lock.release()
            return self._pid() is None

    def stop(self, *, now: bool = False) -> bool:
        """Unpin the cluster, and stop it if it has no users or if `now` is set. Return whether it is stopped."""
        if not self.folder.exists:
            return True
        self.folder.pinned.unlink(missing_ok=True)
        if not self.release() and now:
            with self._change_lock.hold_exclusive():
                self.folder.stopped.touch()
                self._stop_server()
        return self._pid() is None

    def status(self) -> ClusterStatus:
        """Return the current state; changes nothing."""
        pid = self._pid()
        state: Literal["absent", "stopped", "running"] = "running" if pid else "stopped" if self.folder.exists else "absent"
        return ClusterStatus(state, self.folder.data, self.folder.port, pid, self.folder.pinned.exists())

    @property
    def url(self) -> str:
        """Return the URL of the cluster's database, password included."""
        return f"postgresql://{USER}:{quote(self.folder.password)}@127.0.0.1:{self.folder.port}/{DATABASE}"

    def _create(self) -> None:
        """Create the cluster under another name, then rename it: an interrupted creation is never taken for a cluster."""
        self._on_message(f"Making a private PostGIS cluster in {self.folder.root}")
        programs, new = postgres_binaries.find_programs(), self.folder.data / "pg.making"
        password = self.folder.store_password(secrets.token_urlsafe(24))
        if new.exists():
            shutil.rmtree(new)
        self._run(
            "create the private cluster", programs / "initdb", "-D", new, "-U", USER, f"--pwfile={password}", "--auth=scram-sha-256",
            "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums", "--no-instructions",
        )  # fmt: skip
        password.unlink()
        self._run("create the database", programs / "postgres", "--single", "-D", new, "postgres", text=f"create database {DATABASE}\n")
        with (new / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write("include_dir 'conf.d'\n")
        new.rename(self.folder.pgdata)

    def _start_server(self, attempts: int = 0) -> None:
        """Start the server; try another port if another program has taken the old one in the meantime."""
        for attempts_left in reversed(range(attempts or START_ATTEMPTS)):
            self._remove_stale_pid_file()
            self.folder.configure(find_free_port(self.folder.port), durable=self._durable)
            try:
                return self._pg_ctl("start", "--log", self.folder.log)
            except ClusterError:
                if not attempts_left:
                    raise
                time.sleep(ATTEMPT_PAUSE_S)
        return None

    def _stop_server(self) -> None:
        if self._pid() is not None:
            self._pg_ctl("stop", "--mode=fast")
            self.folder.clear_socket_folder()

    def _pg_ctl(self, action: str, *options: str | Path) -> None:
        programs = postgres_binaries.find_programs(int((self.folder.pgdata / "PG_VERSION").read_text()))
        act = f"{action} the private cluster (its log: {self.folder.log})"
        self._run(act, programs / "pg_ctl", action, "-D", self.folder.pgdata, "--wait", "--timeout=120", "--silent", *options)

    def _run(self, act: str, *command: str | Path, text: str = "") -> None:
        postgres_binaries.run_program([str(word) for word in command], self.folder.user, act, text)

    def _pid(self) -> int | None:
        """Return the process id of the running server; None if it is not running."""
        pid = self._recorded_pid()
        return pid if pid and self._is_server(pid) else None

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.folder.pgdata / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _is_server(self, pid: int) -> bool:
        try:
            return os.fsencode(self.folder.pgdata) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False

    def _remove_stale_pid_file(self) -> None:
        """Remove postmaster.pid if another process has the server's old id, as after a crash or a reboot."""
        pid = self._recorded_pid()
        if pid and Path(f"/proc/{pid}").exists() and not self._is_server(pid):
            (self.folder.pgdata / "postmaster.pid").unlink()


@contextmanager
def run_cluster(home: Path, *, durable: bool = True, on_message: Callable[[str], None] = _ignore_message) -> Iterator[str]:
    """Yield the URL of the private cluster's database; the cluster runs for the time of the block, and is started again if it ends."""
    cluster = Cluster(home, durable=durable, on_message=on_message)
    with ExitStack() as stack:
        with signals_held():
            url = cluster.start()
            stack.callback(_release, cluster)
        with keep_running(cluster.restart_if_ended):
            yield url


def _release(cluster: Cluster) -> None:
    with signals_held():
        cluster.release()


@contextmanager
def database_url(settings: Settings, on_message: Callable[[str], None] = _ignore_message) -> Iterator[str]:
    """Yield the URL of the database: that of the settings, else the private cluster's, which runs for the time of the block."""
    if settings.database_url:
        yield settings.database_url
    else:
        with run_cluster(settings.home, on_message=on_message) as url:
            yield url
