"""The access log: its own formatting gives the lines that structlog would give, and no client can add lines to it."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from geo_service.core.settings import Settings
from geo_service.server.middleware.access_log import AccessLog, configure_logs

PATHS = ["/tiles/hexes/8/155/92.mvt", '/a"b\\c', "/каталог", "/a b"]


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Leave structlog as it was."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def lines_of(capsys: pytest.CaptureFixture[str], path: str, status: int, log_format: str, level: str = "info") -> list[str]:
    """The line of a request, and the same event written through structlog."""
    configure_logs(Settings(log_format=log_format, log_level=level))
    AccessLog().write({"method": "GET", "path": path}, status, time.perf_counter(), "abc-1")
    direct = capsys.readouterr().out
    fields: dict[str, Any] = {"method": "GET", "path": path, "status": status, "ms": 0.01, "request_id": "abc-1"}
    log = structlog.get_logger()
    (log.warning if status >= 500 else log.info)("request", **fields)
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
    AccessLog().write({"method": "GET", "path": "/x"}, 200, time.perf_counter(), "abc-1")
    line = json.loads(capsys.readouterr().out)
    assert list(line) == ["method", "path", "status", "ms", "request_id", "event", "level", "timestamp"]
    assert abs(time.time() - time.mktime(time.strptime(line["timestamp"][:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")) + time.timezone) < 5


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_path_with_a_line_feed_stays_on_one_line(capsys: pytest.CaptureFixture[str], log_format: str) -> None:
    direct, _ = lines_of(capsys, "/a\n2026-01-01 [info] forged", 200, log_format)
    assert direct.count("\n") == 1
    assert "\\n" in direct


def test_below_the_configured_level_only_failures_have_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(Settings(log_format="json", log_level="warning"))
    log = AccessLog()
    for status in (200, 404, 503):
        log.write({"method": "GET", "path": "/x"}, status, time.perf_counter(), "abc-1")
    assert [json.loads(line)["status"] for line in capsys.readouterr().out.splitlines()] == [503]
