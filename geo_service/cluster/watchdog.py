"""Starts the private cluster again when its server has ended by itself: killed, out of memory, or on a disk that was full."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from geo_service.core.errors import ClusterError

CHECK_INTERVAL_S = 2.0
BACKOFF_S = (2.0, 60.0)
"""First and longest pause after an attempt that failed; each pause is twice the one before."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class WatchCounts:
    """What the watching of a process has done so far."""

    restarts: int = 0
    failures: int = 0
    """Attempts to start the cluster again that failed."""


WATCH = WatchCounts()
"""Of this process, which has at most one private cluster."""


@contextmanager
def keep_running(restart: Callable[[], bool]) -> Iterator[None]:
    """Call `restart` every few seconds from a thread for the time of the block; it returns whether it had to start the server."""
    ended = threading.Event()
    thread = threading.Thread(target=_watch, args=(restart, ended), name="private cluster", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _watch(restart: Callable[[], bool], ended: threading.Event) -> None:
    pause = CHECK_INTERVAL_S
    failures = 0
    while not ended.wait(pause):
        try:
            if restart():
                WATCH.restarts += 1
                log.warning("the private cluster had ended and was started again")
            failures, pause = 0, CHECK_INTERVAL_S
        except (ClusterError, OSError) as error:
            pause = min(BACKOFF_S[0] * 2**failures, BACKOFF_S[1])
            failures += 1
            WATCH.failures += 1
            log.warning("the private cluster has ended and cannot be started", reason=str(error), retry_in_s=pause)
