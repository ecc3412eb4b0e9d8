"""The folder of a private cluster: where each thing lies, and what is written for the server before it starts.

GEO_HOME/
  password      of the database user `geo`, readable by its owner only
  port          the loopback port, kept from start to start
  users, change the locks
  pinned        there while the cluster is to outlive its users
  data/         PostgreSQL's; a link where the server's user cannot enter GEO_HOME
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
OUTSIDE = Path("/var/lib/geo-service")
"""Where root's cluster keeps its data when the `postgres` user cannot enter GEO_HOME (a checkout in /root)."""

BUFFERS_SHARE = 32
BUFFERS_MB = (64, 1024)
"""Memory for shared buffers: this share of the machine's memory, within these bounds."""

LOG_KEPT_BYTES = 10_000_000


class DataDirectory:
    """The folder `root` of one private cluster whose server runs as `user`."""

    def __init__(self, root: Path, user: ServerUser) -> None:
        self.root = root.absolute()
        self.user = user
        self.pinned = self.root / "pinned"
        self._port = self.root / "port"
        self._password = self.root / "password"

    @property
    def data(self) -> Path:
        """The folder that belongs to the server's user."""
        return (self.root / "data").resolve()

    @property
    def server(self) -> Path:
        """PostgreSQL's data directory."""
        return self.data / "pg"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data / "server.log"

    @property
    def is_made(self) -> bool:
        """Whether there is a cluster in it."""
        return self.server.exists()

    @property
    def port(self) -> int | None:
        """The port of the last start."""
        return int(self._port.read_text()) if self._port.exists() else None

    @property
    def password(self) -> str:
        """Of the database user."""
        return self._password.read_text(encoding="ascii")

    def make(self, say: Callable[[str], None]) -> None:
        """Make the folders that are not there; `say` is told when the data has to lie elsewhere."""
        try:
            if not self.root.exists():
                self.root.mkdir(parents=True)
                self.root.chmod(0o755)
            if not (self.root / "data").is_dir():
                self._make_data(say)
        except OSError as error:
            raise ClusterError(f"cannot make the private cluster in {self.root}: {error.strerror}") from error

    def keep_password(self, password: str) -> Path:
        """Keep `password`; the copy that is returned can be read by the server's user and is to be deleted."""
        _write_private(self._password, password)
        copy = self.data / "password"
        _write_private(copy, password)
        self.user.owns(copy)
        return copy

    def configure(self, port: int, *, durable: bool) -> None:
        """Write the server's settings for its next start, and begin a new log when the last one has grown."""
        folder = self.server / "conf.d"
        folder.mkdir(exist_ok=True)
        tests = "" if durable else (CONF / "20-tests.conf").read_text(encoding="utf-8")
        (folder / "10-private.conf").write_text((CONF / "10-private.conf").read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "20-tests.conf").write_text(tests, encoding="utf-8")
        here = {"port": port, "unix_socket_directories": self._make_socket_folder(), "shared_buffers": f"{buffers_mb()}MB"}
        (folder / "90-here.conf").write_text("".join(f"{key} = '{value}'\n" for key, value in here.items()), encoding="utf-8")
        self._port.write_text(f"{port}\n", encoding="ascii")
        if self.log.exists() and self.log.stat().st_size > LOG_KEPT_BYTES:
            self.log.rename(self.log.with_suffix(".log.1"))

    def _make_data(self, say: Callable[[str], None]) -> None:
        link = self.root / "data"
        if self.user.reaches(self.root):
            link.mkdir(mode=0o700)
        else:
            OUTSIDE.mkdir(mode=0o755, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(tempfile.mkdtemp(prefix=f"{self.root.parent.name}-", dir=OUTSIDE))
            say(f"The database server cannot enter {self.root}, so its data is in {self.data}")
        self.user.owns(self.data)

    def clear_socket_folder(self) -> None:
        """Leave nothing behind of a server that has stopped."""
        with suppress(OSError):
            self._socket_folder.rmdir()

    @property
    def _socket_folder(self) -> Path:
        """A short path: a Unix socket's may not exceed 107 bytes, and GEO_HOME's may be longer."""
        return Path("/tmp") / f"geo-{sha256(os.fsencode(self.data)).hexdigest()[:12]}"  # noqa: S108  # its owner is checked

    def _make_socket_folder(self) -> Path:
        folder = self._socket_folder
        if not folder.is_symlink():
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid == os.geteuid():
                self.user.owns(folder)
        if folder.is_symlink() or folder.stat().st_uid != self.user.uid:
            raise ClusterError(f"cannot use {folder} for the private cluster's socket: it belongs to another user")
        return folder


def free_port(wished: int | None) -> int:
    """`wished` if nobody listens on it, else one that is free now."""
    for port in (wished or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ClusterError("cannot start the private cluster: no loopback port is free")


def buffers_mb() -> int:
    """Shared buffers for this machine, in megabytes."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    least, most = BUFFERS_MB
    return max(least, min(most, whole // BUFFERS_SHARE))


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
