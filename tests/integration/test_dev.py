"""`./dev`: Ctrl-C in each of its steps, and two at once. What it runs is replaced by programs that take their time."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.paths import CHECKOUT
from tests.support.terminal import take_signals
from tests.support.waiting import wait_until

PATIENCE_S = 30
MARK = "GEO_TEST_OF_DEV"

PROGRAM = """#!/bin/sh
# Stands for a program of .venv: takes its time where its words match $SLOW, with a process of its own unless it is ALONE.
case "$(basename "$0") $*" in
$SLOW)
    touch "$GATE.reached"
    case $STUBBORN in yes) trap '' INT TERM ;; esac
    [ -n "$ALONE" ] || sh -c 'case $STUBBORN in yes) trap "" INT TERM ;; esac; while [ ! -e "$GATE" ]; do sleep 0.05; done' &
    while [ ! -e "$GATE" ]; do sleep 0.05; done
    wait
    ;;
esac
case "$(basename "$0") $*" in "npm run build") mkdir -p frontend/dist && echo {} >frontend/dist/build.json ;; esac
case "$(basename "$0") $*" in "npm ci"*) mkdir -p node_modules ;; "npm run vendor") mkdir -p frontend/vendor ;; esac
"""

STEPS = {
    "Making a Python environment": "base -m venv*",
    "Installing Python packages from requirements.txt": "python -m pip *requirements.txt",
    "Installing geo-service itself": "python -m pip *-e .",
    "Installing the page's packages": "npm ci*",
    "Copying the map library": "npm run vendor",
    "Building the page": "npm run build",
    "Compiling what counts": "python -m geo_service.server.warmup",
}
"""Beginning of what each step of `./dev serve` says, and the program that it runs."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the files that `./dev` looks at, and programs that do nothing."""
    for name in ("dev", "pyproject.toml", "package.json", "package-lock.json", *(path.name for path in CHECKOUT.glob("requirements*.txt"))):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    for folder in ("frontend", "geo_service", ".venv/bin", "other"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("pip", "python", "npm", "geo", "ruff", "mypy", "hatchling"):
        write_program(tmp_path / ".venv/bin" / name)
    write_program(tmp_path / "other" / "base", f'\ncase $1 in -m) exit ;; esac\nexec {sys.executable} "$@"\n')
    return tmp_path


def write_program(path: Path, more: str = "") -> None:
    path.write_text(PROGRAM + more, encoding="utf-8")
    path.chmod(0o755)


@contextmanager
def dev(checkout: Path, *arguments: str, slow: str = "none", **variables: str) -> Iterator["subprocess.Popen[str]"]:
    """`./dev` in a session of its own, as at a terminal; what is left of it is killed at the end."""
    environment = os.environ | {
        "PYTHON": str(checkout / "other/base"), "GEO_DATABASE_URL": "postgresql://nowhere/geo", "GEO_PORT": "0", "SLOW": slow,
        "GATE": str(checkout / "gate"), MARK: str(checkout), **variables,
    }  # fmt: skip
    process = subprocess.Popen(
        [checkout / "dev", *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, preexec_fn=take_signals,
    )  # fmt: skip
    try:
        yield process
    finally:
        for left in running(checkout):
            with suppress(ProcessLookupError):
                os.kill(left, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)


def running(checkout: Path) -> list[int]:
    """Processes that the test has started, themselves or by others."""
    mark, found = f"{MARK}={checkout}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (folder / "environ").read_bytes().split(b"\0") and b"(zombie)" not in (folder / "status").read_bytes():
                found.append(int(folder.name))
    return found


def reach(checkout: Path) -> None:
    """Wait until the slow program is at work."""
    wait_until(lambda: (checkout / "gate.reached").exists(), PATIENCE_S)


@pytest.mark.parametrize(("step", "program"), STEPS.items())
def test_ctrl_c_in_any_step_leaves_no_process_and_no_traceback(checkout: Path, step: str, program: str) -> None:
    if "venv" in program:
        (checkout / ".venv/bin/pip").unlink()
    with dev(checkout, "serve", slow=program) as process:
        reach(checkout)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=PATIENCE_S)[0]
        assert process.returncode == 130
        assert running(checkout) == []
    assert f"Interrupted: {step}" in said
    assert "Traceback" not in said


def test_an_environment_that_was_left_half_made_is_made_again_by_the_systems_python(checkout: Path) -> None:
    (checkout / ".venv/bin/pip").unlink()
    (checkout / ".venv/bin/python3").symlink_to("python3")
    shutil.copy(checkout / "other/base", checkout / "other/python3")
    path = f"{checkout}/.venv/bin:{checkout}/other:{os.environ['PATH']}"
    with dev(checkout, "build", PYTHON="python3", PATH=path, SLOW="none") as process:
        said = process.communicate(timeout=PATIENCE_S)[0]
        assert process.returncode == 0, said
    assert "Making a Python environment in .venv: done" in said


def test_packages_go_into_the_environment_though_the_systems_python_is_started_through_a_shim(checkout: Path) -> None:
    shims = checkout / "shims"
    shims.mkdir()
    write_program(shims / "python", "touch installed-elsewhere\n")
    # pyenv's shims put the folder of the real Python first in PATH.
    (checkout / "other/base").write_text(f'#!/bin/sh\nexport PATH="{shims}:$PATH"\nexec {sys.executable} "$@"\n', encoding="utf-8")
    with dev(checkout, "build") as process:
        said = process.communicate(timeout=PATIENCE_S)[0]
        assert process.returncode == 0, said
    assert "Installing geo-service itself: done" in said
    assert not (checkout / "installed-elsewhere").exists()


@pytest.mark.parametrize(("number", "is_stubborn"), [(signal.SIGTERM, False), (signal.SIGHUP, False), (signal.SIGINT, True)])
def test_other_signals_and_programs_that_ignore_them_leave_no_process(checkout: Path, number: signal.Signals, is_stubborn: bool) -> None:
    with dev(checkout, "build", slow="python -m pip *requirements-build.txt", STUBBORN="yes" if is_stubborn else "no") as process:
        reach(checkout)
        (os.killpg if is_stubborn else os.kill)(process.pid, number)
        assert process.wait(PATIENCE_S) == 130
        assert running(checkout) == []


@pytest.mark.parametrize("arguments", [("serve",), ("fmt",)])
def test_ctrl_c_in_the_command_itself_leaves_no_process(checkout: Path, arguments: tuple[str, ...]) -> None:
    with dev(checkout, *arguments, slow="geo serve" if arguments == ("serve",) else "ruff format*", ALONE="yes") as process:
        reach(checkout)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=PATIENCE_S)[0]
        assert process.returncode in (130, -signal.SIGINT)
        wait_until(lambda: running(checkout) == [], PATIENCE_S)
    assert "Traceback" not in said


def test_a_second_dev_says_for_whom_it_waits_and_goes_on_after_it(checkout: Path) -> None:
    with dev(checkout, "serve", slow="npm ci*") as first:
        reach(checkout)
        with dev(checkout, "build") as second:
            assert second.stdout
            assert second.stdout.readline() == (
                f"Waiting for another ./dev: ./dev serve, process {first.pid}, is busy with: Installing the page's packages from npm\n"
            )
            (checkout / "gate").touch()
            assert (first.wait(PATIENCE_S), second.wait(PATIENCE_S)) == (0, 0)


def test_ctrl_c_while_it_waits_ends_it_and_leaves_the_other_alone(checkout: Path) -> None:
    with dev(checkout, "serve", slow="npm ci*") as first:
        reach(checkout)
        before = set(running(checkout))
        with dev(checkout, "build") as second:
            assert second.stdout
            assert second.stdout.readline().startswith("Waiting for another ./dev")
            os.killpg(second.pid, signal.SIGINT)
            assert second.wait(PATIENCE_S) == 130
            assert first.poll() is None
            wait_until(lambda: set(running(checkout)) & {second.pid} == set() and len(running(checkout)) <= len(before) + 2, PATIENCE_S)


def test_who_holds_the_lock_is_known_when_the_first_was_killed(checkout: Path) -> None:
    with dev(checkout, "serve", slow="npm ci*") as first:
        reach(checkout)
        first.kill()
        first.wait()
        left = running(checkout)
        with dev(checkout, "build") as second:
            assert second.stdout
            said = second.stdout.readline()
            assert said.startswith("Waiting for another ./dev: it is gone, and what it had started goes on (process ")
            assert {int(word) for word in said.partition("(process ")[2].partition(")")[0].split()} & set(left)
            (checkout / "gate").touch()
            assert second.wait(PATIENCE_S) == 0
