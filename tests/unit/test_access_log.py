"""The access log: its own formatting gives the lines that structlog would give, in their order, and no client can add to them."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from geo_service.core.settings import Settings
from geo_service.http.client_address import TrustedProxies
from geo_service.http.request_record import RequestRecord
from geo_service.server.logs import RequestEvent, configure_logs
from geo_service.server.middleware.access_log import AccessLog
from tests.support.http_client import until

PATHS = ["/tiles/hexes/8/155/92.mvt", '/a"b\\c', "/каталог", "/a b"]
FIELDS = ["method", "path", "query", "status", "bytes", "ms", "client", "answer", "problem", "key", "request_id"]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave structlog as it was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def scope_of(path: str, query: bytes = b"") -> dict[str, Any]:
    return {"method": "GET", "path": path, "query_string": query, "client": ("192.0.2.7", 4711), "headers": []}


def write(log: AccessLog, path: str = "/x", status: int = 200, query: bytes = b"") -> None:
    log.write(scope_of(path, query), status, 30, time.perf_counter(), RequestRecord("abc-1", "cached"))


def lines_of(capsys: pytest.CaptureFixture[str], path: str, status: int, log_format: str) -> list[str]:
    """The line of a request, and the same event written through structlog."""
    configure_logs(Settings(log_format=log_format))
    write(AccessLog(TrustedProxies(["127.0.0.1"])), path, status, b"window=7d")
    direct = capsys.readouterr().out
    event = RequestEvent("GET", path, b"window=7d", status, 30, 0.00001, "192.0.2.7", "cached", "", "", "abc-1", time.time_ns())
    log = structlog.get_logger()
    (log.warning if status >= 500 else log.info)("request", **event.fields())
    # Time and duration are never the same.
    return [
        re.sub(r"[-0-9]+T[:0-9]+\.[0-9]{6}Z", "T", re.sub(r"(ms\W+)[0-9.]+", r"\1N", text)) for text in (direct, capsys.readouterr().out)
    ]


@pytest.mark.parametrize("log_format", ["json", "console"])
@pytest.mark.parametrize("status", [200, 304, 503])
@pytest.mark.parametrize("path", PATHS)
def test_a_request_has_the_line_that_structlog_would_write(
    capsys: pytest.CaptureFixture[str], path: str, status: int, log_format: str
) -> None:
    direct, by_structlog = lines_of(capsys, path, status, log_format)
    assert direct == by_structlog
    assert direct.count("\n") == 1


def test_a_json_line_has_the_fields_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json"))
    write(AccessLog(TrustedProxies(["127.0.0.1"])), "/x", 200, b"window=7d&theme=3")
    line = json.loads(capsys.readouterr().out)
    assert list(line) == [*FIELDS, "event", "level", "timestamp"]
    assert abs(time.time() - time.mktime(time.strptime(line["timestamp"][:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")) + time.timezone) < 5
    del line["ms"], line["timestamp"]
    assert line == {
        "method": "GET", "path": "/x", "query": "window=7d&theme=3", "status": 200, "bytes": 30, "client": "192.0.2.7",
        "answer": "cached", "problem": "", "key": "", "request_id": "abc-1", "event": "request", "level": "info",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "logged"),
    [
        (b"api_key=secret-word&jurisdiction_id=a", "api_key=***&jurisdiction_id=a"),
        (b"status=open&API_KEY=secret-word", "status=open&API_KEY=***"),
        (b"%61pi%5Fkey=secret-word", "%61pi%5Fkey=***"),
        (b"a=1;api_key=secret-word;b=2", "a=1;api_key=***;b=2"),
        (b"theme=%D0%B2%D0%BE%D0%B4%D0%B0&key=1", "theme=%D0%B2%D0%BE%D0%B4%D0%B0&key=1"),
        (b"api_key", "api_key"),
    ],
)
def test_a_key_in_the_query_is_not_logged(capsys: pytest.CaptureFixture[str], query: bytes, logged: str) -> None:
    configure_logs(Settings(log_format="json"))
    write(AccessLog(TrustedProxies(["127.0.0.1"])), query=query)
    assert json.loads(capsys.readouterr().out)["query"] == logged


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_path_with_a_line_feed_stays_on_one_line(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    direct, _ = lines_of(capsys, "/a\n2026-01-01 [info] forged", 200, log_format)
    assert direct.count("\n") == 1
    assert "\\n" in direct


def test_below_the_configured_level_only_failures_have_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json", log_level="warning"))
    log = AccessLog(TrustedProxies(["127.0.0.1"]))
    for status in (200, 404, 503):
        write(log, status=status)
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == [503]


async def test_lines_are_written_together_and_stay_in_the_order_of_all_events(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json"))
    log = AccessLog(TrustedProxies(["127.0.0.1"]))
    write(log, "/1")
    write(log, "/2")
    assert capsys.readouterr().out == ""
    structlog.get_logger().info("in between")
    write(log, "/3")
    write(log, "/4", 503)
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event.get("path", event["event"]) for event in events] == ["/1", "/2", "in between", "/3", "/4"]


async def test_a_line_that_waits_is_written_soon(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json"))
    write(AccessLog(TrustedProxies(["127.0.0.1"])), "/1")
    written: list[str] = []

    async def is_written() -> bool:
        written.append(capsys.readouterr().out)
        return bool(written[-1])

    await until(is_written)
    assert json.loads(written[-1])["path"] == "/1"
