"""The folder of a private cluster: its layout, and the files that are written before the server starts.

GEO_HOME/
  password      of the database user `geo`, readable by its owner only
  port          the loopback port, kept from start to start
  users, change the locks
  pinned        exists while the cluster must keep running without users
  stopped       exists after `geo db stop` until the next start: users do not start it again
  data/         owned by the server's user; a symbolic link if that user cannot enter GEO_HOME
"""

import os
import socket
import tempfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from geo_service.cluster.postgres_binaries import ServerUser
from geo_service.core.errors import ClusterError
from geo_service.core.resources import postgis_folder

CONF = postgis_folder() / "conf"
FALLBACK_DATA_FOLDER = Path("/var/lib/geo-service")
"""Folder for the data of root's cluster when the `postgres` user cannot enter GEO_HOME (a checkout in /root)."""

SHARED_BUFFERS_DIVISOR = 32
SHARED_BUFFERS_MB = (64, 1024)
"""Shared buffers: the machine's memory divided by this number, within these bounds in MB."""

MAX_LOG_BYTES = 10_000_000
"""Size of the server's log above which the next start begins a new one."""


class DataDirectory:
    """The folder `root` of a private cluster whose server runs as `user`."""

    def __init__(self, root: Path, user: ServerUser) -> None:
        self.root = root.absolute()
        self.user = user
        self.pinned = self.root / "pinned"
        self.stopped = self.root / "stopped"
        self._port = self.root / "port"
        self._password = self.root / "password"

    @property
    def data(self) -> Path:
        """Return the folder that belongs to the server's user."""
        return (self.root / "data").resolve()

    @property
    def pgdata(self) -> Path:
        """Return PostgreSQL's data directory."""
        return self.data / "pg"

    @property
    def log(self) -> Path:
        """Return the file of the server's log."""
        return self.data / "server.log"

    @property
    def exists(self) -> bool:
        """Whether a cluster has been created in the folder."""
        return self.pgdata.exists()

    @property
    def port(self) -> int | None:
        """Return the port of the last start; None before the first."""
        return int(self._port.read_text()) if self._port.exists() else None

    @property
    def password(self) -> str:
        """Return the password of the database user."""
        return self._password.read_text(encoding="ascii")

    def create_folders(self, on_message: Callable[[str], None]) -> None:
        """Create the missing folders; `on_message` gets a text if the data is stored outside of `root`."""
        try:
            if not self.root.exists():
                self.root.mkdir(parents=True)
                self.root.chmod(0o755)
            if not (self.root / "data").is_dir():
                self._create_data_folder(on_message)
        except OSError as error:
            raise ClusterError(f"cannot create the private cluster in {self.root}: {error.strerror}") from error

    def store_password(self, password: str) -> Path:
        """Store `password`; return a copy that the server's user can read, which the caller must delete."""
        _write_private(self._password, password)
        copy = self.data / "password"
        _write_private(copy, password)
        self.user.take_ownership(copy)
        return copy

    def configure(self, port: int, *, durable: bool) -> None:
        """Write the server's settings for the next start; begin a new log if the last one is large."""
        folder = self.pgdata / "conf.d"
        folder.mkdir(exist_ok=True)
        tests = "" if durable else (CONF / "20-tests.conf").read_text(encoding="utf-8")
        (folder / "10-private.conf").write_text((CONF / "10-private.conf").read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "20-tests.conf").write_text(tests, encoding="utf-8")
        local = {"port": port, "unix_socket_directories": self._create_socket_folder(), "shared_buffers": f"{shared_buffers_mb()}MB"}
        (folder / "90-here.conf").write_text("".join(f"{key} = '{value}'\n" for key, value in local.items()), encoding="utf-8")
        # In one step: other users read it while the server is started again.
        new = self._port.with_suffix(".new")
        new.write_text(f"{port}\n", encoding="ascii")
        new.replace(self._port)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.rename(self.log.with_suffix(".log.1"))

    def _create_data_folder(self, on_message: Callable[[str], None]) -> None:
        link = self.root / "data"
        if self.user.can_enter(self.root):
            link.mkdir(mode=0o700)
        else:
            FALLBACK_DATA_FOLDER.mkdir(mode=0o755, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(tempfile.mkdtemp(prefix=f"{self.root.parent.name}-", dir=FALLBACK_DATA_FOLDER))
            on_message(f"The database server cannot enter {self.root}, so its data is in {self.data}")
        self.user.take_ownership(self.data)

    def clear_socket_folder(self) -> None:
        """Remove the socket folder of a server that has stopped."""
        with suppress(OSError):
            self._socket_folder.rmdir()

    @property
    def _socket_folder(self) -> Path:
        """Return a short path: a Unix socket's path is limited to 107 bytes, and GEO_HOME can be longer."""
        return Path("/tmp") / f"geo-{sha256(os.fsencode(self.data)).hexdigest()[:12]}"  # noqa: S108  # its owner is checked

    def _create_socket_folder(self) -> Path:
        folder = self._socket_folder
        if not folder.is_symlink():
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                self.user.take_ownership(folder)
        if folder.is_symlink() or folder.stat().st_uid != self.user.uid:
            raise ClusterError(f"cannot use {folder} for the private cluster's socket: it belongs to another user")
        return folder


def find_free_port(preferred: int | None) -> int:
    """Return the loopback port `preferred` if it is free, else any port that is free now. `ClusterError` if there is none."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ClusterError("cannot start the private cluster: no loopback port is free")


def shared_buffers_mb() -> int:
    """Return the size of the shared buffers for this machine, in megabytes."""
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    smallest, largest = SHARED_BUFFERS_MB
    return max(smallest, min(largest, memory_mb // SHARED_BUFFERS_DIVISOR))


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
