"""Warnings that come again and again, as while the database is away, are logged once in a while."""

import time
from collections.abc import Callable

import structlog

INTERVAL_S = 1.0
"""Between two lines about the same, unless it is said otherwise."""

log = structlog.get_logger(__name__)


class LimitedLog:
    """Logs a kind of warning once an interval at most; the next line says how many were left out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, interval_s: float = INTERVAL_S) -> None:
        """interval_s: between two lines about the same."""
        self._clock = clock
        self._interval_s = interval_s
        self._logged_at: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warning(self, event: str, kind: str = "", **fields: object) -> None:
        """Log a warning, or count it. kind: tells warnings about different things apart; there must be few of them."""
        key, now = f"{event}\0{kind}", self._clock()
        if now - self._logged_at.get(key, float("-inf")) < self._interval_s:
            self._left_out[key] = self._left_out.get(key, 0) + 1
            return
        self._logged_at[key] = now
        left_out = {"left_out": count} if (count := self._left_out.pop(key, 0)) else {}
        log.warning(event, **fields, **left_out)
