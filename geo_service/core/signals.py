"""Signals that end the process, put off while it must not end."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_held() -> Iterator[None]:
    """Let a signal that would end the process take effect at the end of the block.

    For blocks that start or stop another process: ended in between, they would leave it alone. Only the main thread receives
    signals, so that a block in another thread needs nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []

    def hold(number: int, _: FrameType | None) -> None:
        arrived.append(number)

    before = {number: signal.signal(number, hold) or signal.SIG_DFL for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if arrived:
        signal.raise_signal(arrived[0])
