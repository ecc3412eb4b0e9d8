"""Pipelined requests: those that a client sends before it has the response to the one before.

uvicorn answers the requests of a connection one after the other, and starts the next one in the moment in which a response
ends. Of many connections with many requests each, so many would be at work in each turn of the event loop that a request over
a new connection waited for seconds. Here those that have waited behind others are started one at a time.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

STARTS_IN_TURN = 1
"""Requests that are started in a turn of the event loop: each takes about a millisecond of it beside its computation, and another
connection's request needs half a dozen turns. With 4, a health check amid 200 pipelining clients took twice as long."""
MAX_PIPELINED = 500
"""Requests of a connection that may wait. Each takes some kilobytes, and one read from a connection can have thousands of them."""


class Pacer:
    """Starts what has waited, in order, so many things in each turn of the event loop."""

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, start: Callable[[], None]) -> None:
        """Call `start` in one of the next turns."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._start_some)
        self._waiting.append(start)

    def _start_some(self) -> None:
        for _ in range(min(STARTS_IN_TURN, len(self._waiting))):
            self._waiting.popleft()()
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._start_some)


class PipeliningProtocol(HttpToolsProtocol):
    """A connection whose pipelined requests leave room for the requests of others."""

    pacer = Pacer()
    _is_next = False
    """Whether a request is being started because a response has ended."""
    _running: RequestResponseCycle | None = None

    def on_headers_complete(self) -> None:
        """Let a request wait or be answered; end the connection where too many wait."""
        if len(self.pipeline) >= MAX_PIPELINED:
            self.transport.abort()
        else:
            super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Start the next request of the connection in its turn."""
        outer, self._is_next = self._is_next, True
        try:
            super().on_response_complete()
        finally:
            self._is_next = outer

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the request under way know, which uvicorn only tells to the last one that has come."""
        running = self._running
        if running is not None and not running.response_complete:
            running.disconnected = True
            running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._is_next:
            self.pacer.add(partial(self._start_now, cycle, app))
        else:
            self._start_now(cycle, app)

    def _start_now(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if not self.transport.is_closing():
            super()._start_asgi_task(cycle, app)
