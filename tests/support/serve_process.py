"""A `geo serve` process for tests."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

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
        lines: list[str] = []
        while f"http://127.0.0.1:{port}" not in "".join(lines[-1:]):
            lines.append(process.stderr.readline())
            assert lines[-1], f"the process ended without an address: {''.join(lines)}"
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def wait_until_ready(address: str) -> dict[str, Any]:
    """Return what the service says of itself once it is ready."""
    deadline = time.monotonic() + _COMPILING_S
    state: dict[str, Any] = {"ready": False, "reason": "never reached"}
    with httpx.Client(timeout=PATIENCE_S) as client:
        while not state["ready"]:
            assert time.monotonic() < deadline, state["reason"]
            try:
                state = client.get(f"{address}/readyz").json()
            except httpx.TransportError as error:
                # Not listening yet; or a connection that a process killed just before had accepted.
                state["reason"] = str(error)
            time.sleep(0.02)
    return state
