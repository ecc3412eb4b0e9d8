"""Connections: how many there may be, how long a client may take for its headers, how many files may be open, and direct answers.

A direct answer is one that the application has ready: it is written as it is, without a task for the request and without
checking each header, which take longer than everything else about a cached tile.
"""

import asyncio
import resource
from typing import Any, Protocol, runtime_checkable

import structlog
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from geo_service.core.settings import Settings
from geo_service.server.draining import DrainingProtocol
from geo_service.server.pipelining import PipeliningProtocol

_OTHER_FILES = 200
"""Files that are open beside the connections of clients: of the database, of the pages, of libraries."""
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\nx-content-type-options: nosniff\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)
_TEXT = b"connection: close\r\ncontent-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\n"
_TOO_LONG = b"the headers are too long"
_MAX_HEADER_BYTES = 65_536
"""Bytes of a request line and headers that are not complete; other servers allow 8 to 64 kB."""
_WARNING_INTERVAL_S = 10.0
"""Between two lines in the log about refused connections: whoever opens them should not fill the disk as well."""

log = structlog.get_logger(__name__)


@runtime_checkable
class DirectAnswers(Protocol):
    """An application that has some responses ready."""

    def answer(self, scope: Any) -> tuple[int, bytes, bytes] | None:
        """Return status, header lines each with its line end, and body; None for what is to be asked as ASGI wants it.

        scope: of an HTTP request.
        """
        ...


class LimitedProtocol(DrainingProtocol, PipeliningProtocol):
    """A connection that is refused beyond a number of them, and closed where the headers of a request do not come in time."""

    direct: DirectAnswers | None = None
    max_connections: int
    header_timeout_s: float
    warned_at: float = float("-inf")
    refused: int = 0
    """Connections of all instances of the class that were refused."""
    _header_bytes: int | None = None
    """Of a request whose headers are not complete, but those that came with the end of the request before."""
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin to wait for the headers of the first request, or refuse the connection."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            type(self).refused += 1
            self._warn()
            transport.write(_REFUSAL)
            transport.close()
            return
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of the headers where these bytes end among them, else no more.

        Not by the parser's callbacks: a timer for each request would cost a tenth of the rate of cached tiles. uvicorn itself
        closes a connection that is idle after a response.
        """
        super().data_received(data)
        # uvicorn makes a scope when a request begins, and puts the method into it when its headers are complete.
        scope: Any = self.scope
        if scope is not None and "method" in scope:
            self._stop_waiting()
            return
        self._header_bytes = 0 if self._header_bytes is None else self._header_bytes + len(data)
        if self._header_bytes > _MAX_HEADER_BYTES:
            self._refuse(431, _TOO_LONG)
        elif self._deadline is None and not self.transport.is_closing():
            self._await_headers()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP, and close the connection."""
        self._refuse(400, msg.encode())

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Write the direct answer, or let the application answer in a task.

        Direct only where nothing is before it: requests of a connection are answered in their order, a client that does not read
        its responses is waited for, and a long row of pipelined requests must not end in a deep recursion. Nor where the
        connection is about to end, which the response announces.
        """
        answer = None
        is_last = not cycle.keep_alive or self.is_draining
        if self.direct and not (is_last or self.pipeline or self.flow.write_paused or cycle.waiting_for_100_continue):
            answer = self.direct.answer(cycle.scope)
        if answer is None:
            super()._start_asgi_task(cycle, app)
            return
        status, lines, body = answer
        date_lines = b"".join(b"%b: %b\r\n" % header for header in cycle.default_headers)
        self.transport.writelines((b"%b%b%b\r\n" % (STATUS_LINE[status], date_lines, lines), body))
        cycle.response_started = cycle.response_complete = True
        self.on_response_complete()

    def _refuse(self, status: int, text: bytes) -> None:
        """Close the connection; say why unless a client would take it for the response to another request, which is under way."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete:
            self.transport.write(b"%b%bcontent-length: %d\r\n\r\n%b" % (STATUS_LINE[status], _TEXT, len(text), text))
        self.transport.close()

    def _warn(self) -> None:
        if self.loop.time() - self.warned_at >= _WARNING_INTERVAL_S:
            type(self).warned_at = self.loop.time()
            log.warning("connections refused", open=len(self.connections) - 1, reason="GEO_MAX_CONNECTIONS sets the limit")

    def _await_headers(self) -> None:
        self._deadline = self.loop.call_later(self.header_timeout_s, self.transport.abort)

    def _stop_waiting(self) -> None:
        self._header_bytes = None
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def limited_protocol(settings: Settings, application: ASGIApp | None = None) -> type[LimitedProtocol]:
    """Return the protocol with the limits of the settings. application: asked for direct answers, if it gives any."""
    direct = application if isinstance(application, DirectAnswers) else None
    limits = {"direct": direct, "max_connections": settings.max_connections, "header_timeout_s": settings.header_timeout_s}
    return type("LimitedProtocol", (LimitedProtocol,), limits)


def raise_file_limit(connections: int) -> None:
    """Raise the soft limit of open files so that it suffices for the connections, as far as the hard limit allows; log both."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        log.info("limit of open files raised", before=soft, now=allowed)
    if allowed < wanted:
        log.warning("limit of open files is low", limit=allowed, wanted=wanted, reason="ulimit -Hn is below GEO_MAX_CONNECTIONS")
