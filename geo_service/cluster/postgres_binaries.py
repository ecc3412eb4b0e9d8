"""PostgreSQL's own programs: which ones are installed, as whom they run, and what is said when they fail."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from geo_service.core.errors import ClusterError

VERSION_LEAST = 15
INSTALLED_UNDER = Path("/usr/lib/postgresql")
"""Debian keeps each major version's programs in a folder of its own here, and none of the server's in PATH."""

SERVER_USER = "postgres"
PROGRAM_TIMEOUT_S = 180
"""Longer than a crash recovery on a slow disk; a program that takes longer hangs."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """Who the server's programs run as: PostgreSQL refuses root."""

    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether this is not the user of this process."""
        return self.uid != os.geteuid()

    def owns(self, path: Path) -> None:
        """Give `path` to this user."""
        if self.is_other:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, folder: Path) -> bool:
        """Whether this user may enter `folder`, through all the folders above it."""
        return not self.is_other or _ran(["test", "-x", str(folder)], self).returncode == 0


def server_user() -> ServerUser:
    """The user of this process, or for root the `postgres` user that Debian's package makes."""
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        raise ClusterError(f"cannot run PostgreSQL as root: there is no user {SERVER_USER}; install postgresql-15-postgis-3") from None
    return ServerUser(entry.pw_uid, entry.pw_gid)


def programs(major: int | None = None) -> Path:
    """The folder of PostgreSQL's programs: of version `major`, or of the newest one that has PostGIS."""
    found = {int(folder.name): folder / "bin" for folder in INSTALLED_UNDER.glob("[0-9]*") if _is_whole(folder)}
    fitting = [number for number in found if number >= VERSION_LEAST and major in (None, number)]
    if not fitting:
        wanted = f"{major}" if major else f"{VERSION_LEAST} or newer"
        raise ClusterError(
            f"cannot find PostgreSQL {wanted} with PostGIS under {INSTALLED_UNDER}; install postgresql-{major or VERSION_LEAST}-postgis-3,"
            " or set GEO_DATABASE_URL to a database that is already there"
        )
    return found[max(fitting)]


def run(command: list[str], user: ServerUser, act: str, text: str = "") -> None:
    """Run one of PostgreSQL's programs to its end; `ClusterError` says that `act` failed and why in one line."""
    try:
        done = _ran(command, user, text)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(f"cannot {act}: {error}") from error
    if done.returncode:
        raise ClusterError(f"cannot {act}: {_reason(done.stderr or done.stdout)}")


def _ran(command: list[str], user: ServerUser, text: str = "") -> subprocess.CompletedProcess[str]:
    # A session of its own keeps Ctrl-C in the terminal away from the server; the folder "/" can be entered by
    # anyone; and no PG* variable of the caller's reaches the programs.
    groups: list[int] | None
    uid, gid, groups = (user.uid, user.gid, []) if user.is_other else (None, None, None)
    return subprocess.run(
        command, input=text, capture_output=True, text=True, errors="replace", timeout=PROGRAM_TIMEOUT_S, check=False, cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, start_new_session=True, user=uid, group=gid, extra_groups=groups,
    )  # fmt: skip


def _is_whole(folder: Path) -> bool:
    number = folder.name
    has_postgis = (Path("/usr/share/postgresql") / number / "extension" / "postgis.control").exists()
    return number.isdigit() and has_postgis and (folder / "bin" / "pg_ctl").exists()


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error:" in line or "could not" in line]
    return (telling or lines or ["no reason given"])[-1]
