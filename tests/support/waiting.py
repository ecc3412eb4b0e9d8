"""Waiting for a condition that nothing announces, from a test that is not asynchronous."""

import time
from collections.abc import Callable

_PAUSE_S = 0.02


def wait_until(condition: Callable[[], bool], patience_s: float = 60) -> None:
    """Return as soon as the condition holds; fail where it does not within `patience_s` seconds."""
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never held"
        time.sleep(_PAUSE_S)
