"""The `geo serve` process: comes up, answers, and ends cleanly while streams are open."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

GEO = Path(sys.executable).parent / "geo"
PATIENCE_S = 60
_COMPILING_S = 300
"""Where nobody has compiled the loops before, the first service does, on a slow machine for minutes."""


@contextmanager
def serving(database_url: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A `geo serve` process and its address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(variables.get("GEO_PORT", 0))))
        port = str(probe.getsockname()[1])
    environment = os.environ | {"GEO_DATABASE_URL": database_url, "GEO_PORT": port, "GEO_LOG_FORMAT": "json"} | variables
    process = subprocess.Popen([GEO, "serve"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        lines = iter(process.stderr.readline, "")
        assert any(f"http://127.0.0.1:{port}" in line for line in lines), "the address was never said"
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def wait_until_ready(address: str) -> dict[str, Any]:
    """What the service says of itself once it is ready."""
    deadline = time.monotonic() + _COMPILING_S
    with httpx.Client(transport=httpx.HTTPTransport(retries=3), timeout=PATIENCE_S) as client:
        while not (state := client.get(f"{address}/readyz").json())["ready"]:
            assert time.monotonic() < deadline, state["reason"]
            time.sleep(0.02)
    return dict(state)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGINT, 0)])
def test_the_server_ends_cleanly_while_a_page_listens(database_url: str, number: signal.Signals, code: int) -> None:
    with serving(database_url) as (process, address), httpx.stream("GET", f"{address}/api/live", timeout=PATIENCE_S) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: revision"
        process.send_signal(number)
        rest = list(lines)
        assert process.wait(PATIENCE_S) == code
        assert any(line.startswith("data: ") for line in rest)
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_the_server_is_alive_at_once_and_ready_when_the_incidents_are_loaded(database_url: str) -> None:
    with serving(database_url) as (_, address):
        assert httpx.get(f"{address}/healthz").json() == {"status": "ok"}
        state = wait_until_ready(address)
        assert (state["reason"], state["incidents"]) == (None, 0)


def test_a_second_server_on_the_same_port_is_refused(database_url: str) -> None:
    with serving(database_url) as (_, address):
        port = address.rpartition(":")[2]
        environment = os.environ | {"GEO_DATABASE_URL": database_url, "GEO_PORT": port}
        second = subprocess.run([GEO, "serve"], env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert second.returncode == 2
        assert "address already in use" in second.stderr
