"""The `geo serve` process: comes up, answers, and ends cleanly while streams are open."""

import os
import signal
import subprocess

import httpx
import pytest

from tests.support.serve_process import GEO, PATIENCE_S, serving, wait_until_ready


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
