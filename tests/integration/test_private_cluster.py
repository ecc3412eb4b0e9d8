"""The private cluster: made, shared, killed, moved, stopped."""

import os
import re
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from structlog.testing import capture_logs

from geo_service.cluster import data_directory
from geo_service.cluster.private_cluster import Cluster, database_url, run_cluster
from geo_service.cluster.watchdog import keep_running
from geo_service.core.database import open_connection
from geo_service.core.errors import ClusterError
from geo_service.core.settings import Settings
from tests.support.requirements import NOT_ROOT
from tests.support.waiting import wait_until


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter. Those of pytest are closed by every other run that begins."""
    with tempfile.TemporaryDirectory(prefix="geo-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def home(open_folder: Path) -> Iterator[Path]:
    """A folder for a cluster; whatever runs in it is stopped at the end."""
    yield open_folder / "geo"
    Cluster(open_folder / "geo", durable=False).stop(now=True)


async def ask(url: str, statement: str) -> object:
    """The first value that `statement` gives."""
    async with open_connection(url) as held:
        return await held.fetchval(statement)


async def test_a_cluster_is_utf8_and_listens_on_this_machine_only(home: Path) -> None:
    with run_cluster(home, durable=False) as url:
        assert await ask(url, "show server_encoding") == "UTF8"
        assert await ask(url, "select datcollate from pg_database where datname = 'geo'") == "C.UTF-8"
        assert await ask(url, "show listen_addresses") == "127.0.0.1"
        assert await ask(url, "show jit") == "off"


async def test_the_password_is_needed_and_only_its_owner_can_read_it(home: Path) -> None:
    with run_cluster(home, durable=False) as url:
        assert (home / "password").stat().st_mode & 0o777 == 0o600
        wrong = url.replace((home / "password").read_text(), "guess")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(wrong)


async def test_a_second_start_finds_what_the_first_one_wrote(home: Path) -> None:
    with run_cluster(home) as url:
        await ask(url, "create table kept as select 42 as answer")
        assert await ask(url, "show fsync") == "on"
    assert Cluster(home).status().state == "stopped"
    with run_cluster(home) as url:
        assert await ask(url, "select answer from kept") == 42


def test_the_last_user_stops_the_cluster_and_an_earlier_one_does_not(home: Path) -> None:
    first, second = Cluster(home, durable=False), Cluster(home, durable=False)
    assert first.start() == second.start()
    assert first.release() is False
    assert second.status().state == "running"
    assert second.release() is True
    assert second.status().state == "stopped"


def test_a_stopped_cluster_leaves_no_socket_behind(home: Path) -> None:
    cluster = Cluster(home, durable=False)
    cluster.start()
    folder = Path(re.findall("unix_socket_directories = '(.*)'", (cluster.folder.pgdata / "conf.d" / "90-here.conf").read_text())[0])
    assert len(str(folder)) < 60
    assert folder.stat().st_mode & 0o777 == 0o700
    cluster.release()
    assert not folder.exists()


def test_a_pinned_cluster_outlives_its_users_until_it_is_stopped(home: Path) -> None:
    cluster = Cluster(home, durable=False)
    cluster.start(pin=True)
    assert cluster.release() is False
    assert cluster.status().pinned
    assert cluster.stop() is True
    assert not cluster.status().pinned


def test_stop_waits_for_other_users_unless_told_not_to(home: Path) -> None:
    user = Cluster(home, durable=False)
    user.start()
    assert Cluster(home, durable=False).stop() is False
    assert user.status().state == "running"
    assert Cluster(home, durable=False).stop(now=True) is True
    assert user.status().state == "stopped"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_that_is_interrupted_while_it_starts_the_server_does_not_leave_it_alone(
    home: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    start = Cluster._start_server

    def start_and_be_interrupted(cluster: Cluster, attempts: int = 0) -> None:
        start(cluster, attempts)
        signal.raise_signal(number)

    monkeypatch.setattr(Cluster, "_start_server", start_and_be_interrupted)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), run_cluster(home, durable=False):
            pytest.fail("the block began")
    finally:
        signal.signal(number, before)
    assert Cluster(home).status().state == "stopped"


async def test_a_killed_server_recovers_with_all_that_was_committed(home: Path) -> None:
    cluster = Cluster(home)
    url = cluster.start()
    await ask(url, "create table kept as select generate_series(1, 1000) as n")
    pid = cluster.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: has_ended(pid))
    assert cluster.status().state == "stopped"
    assert await ask(cluster.start(), "select count(*) from kept") == 1000
    cluster.release()


async def test_a_server_that_was_killed_is_started_again_for_its_user_at_the_same_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo_service.cluster.watchdog.CHECK_INTERVAL_S", 0.2)
    with run_cluster(home, durable=False) as url:
        cluster = Cluster(home, durable=False)
        pid = cluster.status().pid
        assert pid
        with capture_logs() as logs:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: any("was started again" in line["event"] for line in logs))
        assert cluster.status().pid not in (None, pid)
        assert cluster.url == url
        assert await ask(url, "select 1") == 1


def test_a_server_that_cannot_start_again_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.cluster.watchdog.CHECK_INTERVAL_S", 0.01)
    monkeypatch.setattr("geo_service.cluster.watchdog.BACKOFF_S", (0.02, 0.05))
    outcomes: list[bool | None] = [None, None, None, True]
    calls: list[float] = []

    def restart() -> bool:
        calls.append(time.monotonic())
        outcome = outcomes.pop(0) if outcomes else False
        if outcome is None:
            raise ClusterError("the disk is full")
        return outcome

    with capture_logs() as logs, keep_running(restart):
        wait_until(lambda: len(calls) > 5)
    assert [line.get("retry_in_s") for line in logs] == [0.02, 0.04, 0.05, None]
    assert [line.get("reason") for line in logs] == ["the disk is full"] * 3 + [None]


def test_a_server_that_was_told_to_stop_is_not_started_again_by_its_user(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.cluster.watchdog.CHECK_INTERVAL_S", 0.05)
    with run_cluster(home, durable=False):
        assert Cluster(home, durable=False).stop(now=True)
        time.sleep(0.5)
        assert Cluster(home, durable=False).status().pid is None
    with run_cluster(home, durable=False):
        assert Cluster(home, durable=False).status().pid


def test_a_stranger_with_the_dead_servers_process_number_is_no_obstacle(home: Path) -> None:
    cluster = Cluster(home, durable=False)
    cluster.start()
    cluster.release()
    (cluster.folder.pgdata / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.folder.pgdata}\n")
    assert cluster.status().state == "stopped"
    cluster.start()
    assert cluster.status().state == "running"


def test_another_port_is_chosen_when_the_old_one_is_taken(home: Path) -> None:
    cluster = Cluster(home, durable=False)
    cluster.start()
    before = cluster.status().port
    assert before is not None
    cluster.release()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", before))
        squatter.listen()
        cluster.start()
        assert cluster.status().port not in (None, before)


def test_the_port_stays_the_same_from_start_to_start(home: Path) -> None:
    cluster = Cluster(home, durable=False)
    assert cluster.start() and cluster.release()
    before = cluster.status().port
    cluster.start()
    assert cluster.status().port == before


def test_an_unfinished_creation_is_begun_again(home: Path) -> None:
    cluster = Cluster(home, durable=False)
    cluster.folder.create_folders(lambda _: None)
    torn = cluster.folder.data / "pg.making"
    torn.mkdir()
    (torn / "PG_VERSION").write_text("15\n")
    cluster.start()
    assert cluster.status().state == "running"
    assert not torn.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason=NOT_ROOT)
async def test_data_lies_elsewhere_when_the_server_cannot_enter_its_home(
    tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_directory, "FALLBACK_DATA_FOLDER", open_folder)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    told: list[str] = []
    with run_cluster(closed / "geo", durable=False, on_message=told.append) as url:
        assert await ask(url, "select 1") == 1
    assert (closed / "geo" / "data").resolve().parent == open_folder
    assert any(str(open_folder) in line for line in told)


def test_a_missing_server_is_said_with_what_to_install(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo_service.cluster.postgres_binaries.INSTALL_ROOT", home / "nowhere")
    with pytest.raises(ClusterError, match="install postgresql-15-postgis-3, or set GEO_DATABASE_URL"):
        Cluster(home).start()


def test_a_server_that_cannot_start_names_its_log(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster(home, durable=False)
    cluster.start()
    cluster.release()
    monkeypatch.setattr("geo_service.cluster.private_cluster.START_ATTEMPTS", 1)
    (cluster.folder.pgdata / "pg_hba.conf").write_text("nonsense\n")
    with pytest.raises(ClusterError, match=r"cannot start the private cluster \(its log: .*server\.log\)"):
        cluster.start()


def test_a_given_database_leaves_the_private_cluster_alone(home: Path) -> None:
    with database_url(Settings(database_url="postgresql://elsewhere/geo", home=home)) as url:
        assert url == "postgresql://elsewhere/geo"
    assert not home.exists()


def has_ended(pid: int) -> bool:
    """Whether process `pid` is gone, or is a zombie."""
    command = Path(f"/proc/{pid}/cmdline")
    try:
        return not command.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True
