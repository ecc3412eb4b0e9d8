"""The command line: errors in one line with the right exit code, nothing done when it could not be finished."""

import re
import socket
from pathlib import Path

from tests.support.geo_command import geo


def test_a_setting_that_cannot_be_used_is_named_in_one_line() -> None:
    done = geo("db", "status", GEO_TIME_ZONE="Moscow")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("geo: settings cannot be used: GEO_TIME_ZONE: ")


def test_a_port_that_is_no_number_is_named_by_its_variable() -> None:
    done = geo("serve", PORT="eight thousand")
    assert done.returncode == 2
    assert done.stderr.startswith("geo: settings cannot be used: GEO_PORT: ")


def test_a_taken_port_is_said_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        done = geo("serve", PORT=port, GEO_HOME=str(tmp_path / "home"))
    assert done.returncode == 2
    assert done.stderr == f"geo: cannot listen on 127.0.0.1:{port}: address already in use; choose another port with PORT=8001\n"
    assert not (tmp_path / "home").exists()


def test_status_makes_no_cluster(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = geo("db", "status", GEO_HOME=str(home))
    assert (done.returncode, done.stdout) == (0, f"absent: {home}/data\n")
    assert not home.exists()


def test_a_cluster_is_not_started_where_another_database_is_named(tmp_path: Path) -> None:
    done = geo("db", "start", GEO_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", GEO_HOME=str(tmp_path / "home"))
    assert done.returncode == 1
    assert done.stderr == "geo: cannot use the private cluster: GEO_DATABASE_URL names another database\n"
    assert not (tmp_path / "home").exists()


def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    done = geo("db", "migrate", GEO_DATABASE_URL="postgresql://nobody:secret@127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.startswith("geo: cannot connect to 127.0.0.1:1/none")
    assert "secret" not in done.stderr


def test_an_unknown_command_is_refused() -> None:
    done = geo("fly")
    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_a_files_name_is_said_as_it_is_whatever_brackets_are_in_it(tmp_path: Path) -> None:
    done = geo("ingest", str(tmp_path / "old[red].csv"), "--mapping", "plain[/x].toml")
    assert done.returncode == 2
    assert "plain[/x].toml" in done.stderr
    assert "Traceback" not in done.stderr


HEADER = "id,received_at,lng,lat,sector,theme,status,agency,address,due_at,answered_at,closed_at,updated_at\n"
GOOD = "1,2026-11-01T10:00:00Z,38.97,45.03,roads,,new,,,,,,\n"


def test_the_name_of_a_file_needs_no_command_before_it(tmp_path: Path) -> None:
    path = tmp_path / "check.csv"
    path.write_text(HEADER + GOOD, encoding="utf-8")
    for words in ((str(path),), ("load", str(path)), ("--mapping", "plain", str(path))):
        done = geo("ingest", *words, "--explain")
        assert done.returncode == 0, done.stderr
        assert "line 2" in done.stdout


def test_a_dry_run_counts_everything_shows_rejects_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mixed.csv"
    path.write_text(HEADER + GOOD + GOOD.replace("45.03", "") * 5 + "7,[red]\n", encoding="utf-8")
    home = tmp_path / "home"
    done = geo("ingest", "check", str(path), "--examples", "2", GEO_HOME=str(home), COLUMNS="120")
    assert done.returncode == 1
    words = done.stdout.split()
    for told in ("missing_coordinates", "broken_row", "7,[red]"):
        assert told in words
    assert [words.count(line) for line in ("3", "4", "5")] == [1, 1, 1]  # two examples and the 5 that were rejected so
    assert not home.exists()
    path.write_text(HEADER + GOOD + "2,2026-11-01T10:00:00Z,,,roads,,new,,ул. Мира,,,,\n", encoding="utf-8")
    done = geo("ingest", "check", str(path))
    assert done.returncode == 0
    assert re.search(r"with words but no coordinates\W+1\b", done.stdout)
    assert geo("ingest", "check", str(tmp_path / "absent.csv")).returncode == 2


def test_a_suggested_mapping_can_be_used_at_once(tmp_path: Path) -> None:
    path = tmp_path / "letters.csv"
    path.write_text("Номер;Дата;Широта;Долгота;Статус\n1;24.11.2026;45,03;38,97;Закрыто\n", encoding="cp1251")
    done = geo("ingest", "suggest", str(path))
    assert done.returncode == 0
    (tmp_path / "own.toml").write_text(done.stdout, encoding="utf-8")
    assert geo("ingest", "check", str(path), "--mapping", str(tmp_path / "own.toml")).returncode == 0
