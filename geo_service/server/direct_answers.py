"""Direct answers: responses that the application has ready are written as they are, before anything else is made for the request.

uvicorn makes a task, its state and an event for each request, and checks every header of its response: more work than all
the rest of sending a cached tile.
"""

import asyncio
from types import SimpleNamespace
from typing import Any, Protocol, runtime_checkable
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from geo_service.server.draining import DrainingProtocol
from geo_service.server.pipelining import PipeliningProtocol


@runtime_checkable
class DirectAnswers(Protocol):
    """An application that has some responses ready."""

    direct_prefix: bytes
    """Beginning of the paths that it may have a response for."""

    def answer(self, scope: Any) -> tuple[int, bytes, bytes] | None:
        """Return status, header lines each with its line end, and body; None for what is to be asked as ASGI wants it.

        scope: of an HTTP request, with method, path, query string, headers and client.
        """
        ...


class DirectProtocol(DrainingProtocol, PipeliningProtocol):
    """A connection on which what is ready is answered directly, and everything else in tasks."""

    direct: DirectAnswers | None = None

    def on_headers_complete(self) -> None:
        """Write the direct answer, or let the application answer in a task."""
        if self.direct is None or not self.url.startswith(self.direct.direct_prefix) or not self._may_answer_directly():
            super().on_headers_complete()
            return
        scope: Any = self.scope
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["path"] = unquote(path) if "%" in path else path
        scope["query_string"] = url.query or b""
        answer = self.direct.answer(scope)
        if answer is None:
            super().on_headers_complete()
            return
        status, lines, body = answer
        date_lines = b"".join(map(b"%b: %b\r\n".__mod__, self.server_state.default_headers))
        self.transport.writelines((b"%b%b%b\r\n" % (STATUS_LINE[status], date_lines, lines), body))
        self.cycle = _ANSWERED  # type: ignore[assignment]  # what uvicorn asks of a request that is answered
        self.on_response_complete()

    def _may_answer_directly(self) -> bool:
        """Return whether nothing is before the request, and its connection goes on after it.

        Requests of a connection are answered in their order, a client that does not read its responses is waited for, and the
        last response of a connection announces its end.
        """
        return (
            (self.cycle is None or self.cycle.response_complete)
            and not (self.pipeline or self.flow.write_paused or self.is_draining or self.expect_100_continue)
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
        )


_ANSWERED = SimpleNamespace(response_complete=True, disconnected=False, message_event=asyncio.Event())
