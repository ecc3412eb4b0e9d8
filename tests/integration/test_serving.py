"""The `geo serve` process: comes up, answers, and ends cleanly while streams are open."""

import os
import signal
import subprocess
from collections.abc import Iterator

import httpx
import pytest

from tests.support.hourly_incidents import CENTRE, fill
from tests.support.http_client import filled
from tests.support.serve_process import GEO, PATIENCE_S, serving, wait_until_ready
from tests.support.slippy_map import slippy_tile


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


@pytest.fixture(scope="module")
def filled_address(database_url: str) -> Iterator[str]:
    """The address of a process that serves incidents. The last of the module, as the others want no incidents."""
    with serving(filled(database_url, fill)) as (_, address):
        wait_until_ready(address)
        yield address


@pytest.mark.parametrize("origin", [{}, {"Origin": "https://elsewhere.example"}])
@pytest.mark.parametrize(("method", "sector"), [("GET", "roads"), ("HEAD", "roads"), ("GET", "health")])
def test_a_tile_from_the_cache_is_sent_as_it_was_when_it_was_computed(
    filled_address: str, method: str, sector: str, origin: dict[str, str]
) -> None:
    x, y = slippy_tile(CENTRE[1], CENTRE[0], 9)
    # A window for each, so that the first request computes the tile.
    window = f"from=2020-01-01&to=2100-01-01T{10 + len(origin)}:{len(method)}0:00Z"
    path = f"{filled_address}/tiles/hexes/9/{x}/{y}.mvt?{window}&sector={sector}"
    with httpx.Client(headers={"X-Request-ID": "same", "Accept-Encoding": "gzip", **origin}) as client:
        computed, cached = client.request(method, path), client.request(method, path)
        assert computed.status_code == cached.status_code == (200 if sector == "roads" else 204)
        assert computed.content == cached.content
        assert sent_headers(computed) == sent_headers(cached)
        unchanged = client.request(method, path, headers={"If-None-Match": computed.headers["etag"]})
        # Repeated headers are for the route, which computes nothing either.
        by_route = client.request(method, path, headers=[("If-None-Match", '"other"'), ("If-None-Match", computed.headers["etag"])])
        assert unchanged.status_code == by_route.status_code == 304
        assert sent_headers(unchanged) == sent_headers(by_route)


def sent_headers(response: httpx.Response) -> list[tuple[str, str]]:
    """All but the date, in one order."""
    return sorted((name, value) for name, value in response.headers.multi_items() if name != "date")
