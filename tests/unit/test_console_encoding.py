"""Commands end as they should whatever the console's encoding is: characters that it has not got become question marks."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import typer

from geo_service.cli.main import app
from tests.support.geo_command import GEO

ENCODINGS = ("ascii", "cp1251", "koi8-r", "cp866", "latin-1", "utf-8")
HEADER = "id,received_at,lng,lat,theme,sector,status,agency,address,due_at,answered_at,closed_at,updated_at\n"
ROW = "1,2026-11-24T10:15:00+03:00,38.9747,45.0355,Ямы 🕳 km² 中,roads,,,,,,,\n"
HOSTILE = """
import io, sys
from rich.table import Table
from geo_service.cli import console
console.replace_unknown_characters()
table = Table("km²", "Ямы 🕳", title="中 ✓")
table.add_row("→ …", "\\udcff")
console.print_result(table)
console.print_result("[km²] 🕳 \\udcff")
console.print_message("Ямы 🕳 \\udcff")
console.STDERR._force_terminal = True
with console.progress_bar() as bar:
    bar.update("Ямы 🕳 km² \\udcff", 1, 3)
    bar.update("Ямы 🕳 km² \\udcff", 3, 3, "→ ✓")
"""


def run(arguments: Sequence[str | Path], **variables: str) -> subprocess.CompletedProcess[bytes]:
    """A process with `variables` in its environment, and none of this machine's settings."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("GEO_")}
    return subprocess.run(arguments, env=plain | variables, capture_output=True, timeout=300, check=False)


def commands(command: object, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of each command."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, *path, name)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_tables_texts_and_progress_bars_never_fail(encoding: str) -> None:
    done = run([sys.executable, "-c", HOSTILE], PYTHONIOENCODING=encoding, COLUMNS="100")
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode(encoding, "replace")
    assert b"100%" in done.stderr
    lines = done.stdout.decode(encoding)
    assert ("Ямы" in lines) == (encoding in ("cp1251", "koi8-r", "cp866", "utf-8"))
    assert ("km²" in lines) == (encoding in ("latin-1", "utf-8", "koi8-r"))


def test_a_console_without_a_language_is_no_obstacle(tmp_path: Path) -> None:
    program = tmp_path / "print.py"
    program.write_text(HOSTILE, encoding="utf-8")
    for variables in ({"LC_ALL": "C"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}):
        done = run([sys.executable, program], **variables)
        assert done.returncode == 0, done.stderr


def test_the_help_of_every_command_can_be_read_everywhere() -> None:
    """In one process for each encoding: a command takes most of its time to start."""
    program = (
        "import sys, typer; from geo_service.cli.main import app; from geo_service.cli.console import replace_unknown_characters\n"
        "replace_unknown_characters()\n"
        "for words in eval(sys.argv[1]): app([*words, '--help'], standalone_mode=False)"
    )
    words = list(commands(typer.main.get_command(app)))
    assert len(words) > 20
    for encoding in ("ascii", "cp1251"):
        done = run([sys.executable, "-c", program, repr(words)], PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr.decode(encoding, "replace")
        assert done.stdout.count(b"Usage:") == len(words)


@pytest.mark.parametrize("encoding", ["ascii", "cp1251"])
def test_a_checked_file_with_any_text_ends_by_its_rows_and_not_by_its_characters(tmp_path: Path, encoding: str) -> None:
    good, bad = tmp_path / "хорошие 🕳.csv", tmp_path / "плохие ².csv"
    good.write_text(HEADER + ROW, encoding="utf-8")
    bad.write_text(HEADER + ROW.replace("2026-11-24", "🕳"), encoding="utf-8")
    for file, code in ((good, 0), (bad, 1)):
        done = run([GEO, "ingest", "check", file], PYTHONIOENCODING=encoding)
        assert (done.returncode, b"Traceback" in done.stderr) == (code, False), done.stderr.decode(encoding, "replace")


def test_what_programs_read_is_utf_8_whatever_the_console_is(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(HEADER + ROW * 3, encoding="utf-8")
    answers = {run([GEO, "ingest", "suggest", file], PYTHONIOENCODING=encoding).stdout for encoding in ("ascii", "utf-8")}
    assert len(answers) == 1
    assert "Ямы" in answers.pop().decode()


def test_an_error_with_any_text_is_one_line(tmp_path: Path) -> None:
    done = run([GEO, "ingest", "check", tmp_path / "нет 🕳.csv"], PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert done.stderr.startswith(b"geo: ")
    assert b"Traceback" not in done.stderr
