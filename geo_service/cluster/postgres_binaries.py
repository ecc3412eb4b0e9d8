"""Run the programs of PostgreSQL: find the installed ones, choose their user, and report their failures."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from geo_service.core.errors import ClusterError

MIN_VERSION = 15
INSTALL_ROOT = Path("/usr/lib/postgresql")
"""Debian has one folder for each major version here, and does not put the server's programs into PATH."""

SERVER_USER = "postgres"
PROGRAM_TIMEOUT_S = 180
"""Longer than a crash recovery on a slow disk takes."""


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The operating-system user of the server's programs. PostgreSQL does not run as root."""

    uid: int
    gid: int

    @property
    def is_other_user(self) -> bool:
        """Whether it differs from the user of this process."""
        return self.uid != os.geteuid()

    def take_ownership(self, path: Path) -> None:
        """Make this user the owner of `path`."""
        if self.is_other_user:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user may enter `folder` and all folders above it."""
        return not self.is_other_user or _execute(["test", "-x", str(folder)], self).returncode == 0


def find_server_user() -> ServerUser:
    """Return the user of this process, or for root the user `postgres` of Debian's package."""
    if os.geteuid() != 0:
        return ServerUser(os.geteuid(), os.getegid())
    try:
        entry = pwd.getpwnam(SERVER_USER)
    except KeyError:
        raise ClusterError(f"cannot run PostgreSQL as root: there is no user {SERVER_USER}; install postgresql-15-postgis-3") from None
    return ServerUser(entry.pw_uid, entry.pw_gid)


def find_programs(major: int | None = None) -> Path:
    """Return the folder of the programs of version `major`, or of the newest version that has PostGIS."""
    installed = {int(folder.name): folder / "bin" for folder in INSTALL_ROOT.glob("[0-9]*") if _has_postgis(folder)}
    usable = [number for number in installed if number >= MIN_VERSION and major in (None, number)]
    if not usable:
        version = f"{major}" if major else f"{MIN_VERSION} or newer"
        raise ClusterError(
            f"cannot find PostgreSQL {version} with PostGIS under {INSTALL_ROOT}; install postgresql-{major or MIN_VERSION}-postgis-3,"
            " or set GEO_DATABASE_URL to an existing database"
        )
    return installed[max(usable)]


def run_program(command: list[str], user: ServerUser, act: str, text: str = "") -> None:
    """Run one of PostgreSQL's programs to its end.

    act: what it does, for the message of the `ClusterError` if it fails. text: written to its standard input.
    """
    try:
        process = _execute(command, user, text)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ClusterError(f"cannot {act}: {error}") from error
    if process.returncode:
        raise ClusterError(f"cannot {act}: {_find_reason(process.stderr or process.stdout)}")


def _execute(command: list[str], user: ServerUser, text: str = "") -> subprocess.CompletedProcess[str]:
    # A new session: Ctrl-C in the terminal must not stop the server. The folder "/": every user can enter it.
    # A new environment: no PG* variable of the caller may change what the programs do.
    groups: list[int] | None
    uid, gid, groups = (user.uid, user.gid, []) if user.is_other_user else (None, None, None)
    return subprocess.run(
        command, input=text, capture_output=True, text=True, errors="replace", timeout=PROGRAM_TIMEOUT_S, check=False, cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, start_new_session=True, user=uid, group=gid, extra_groups=groups,
    )  # fmt: skip


def _has_postgis(folder: Path) -> bool:
    number = folder.name
    extension_exists = (Path("/usr/share/postgresql") / number / "extension" / "postgis.control").exists()
    return number.isdigit() and extension_exists and (folder / "bin" / "pg_ctl").exists()


def _find_reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    error_lines = [line for line in lines if "FATAL" in line or "error:" in line or "could not" in line]
    return (error_lines or lines or ["no reason given"])[-1]
