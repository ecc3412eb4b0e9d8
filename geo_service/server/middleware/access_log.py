"""Structured logs: one line an event, JSON or for the eye, with the id of the request it belongs to."""

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from json.encoder import encode_basestring
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.core.settings import Settings
from geo_service.http.headers import choose_request_id, request_header
from geo_service.server.middleware.cors import CorsPolicy

_CLIENT_LEFT = 499
"""Status in the log where a client disconnected before the response began; nginx has made the number customary."""

_UNQUOTED = re.compile(r"""[^ \t=\r\n"']*""")
"""Texts that structlog's console renderer writes without quotes."""

log = structlog.get_logger(__name__)


def configure_logs(settings: Settings) -> None:
    """Set up structlog, and send what libraries log through the standard library the same way."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor
    if settings.log_format == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = JsonLines()
    elif sys.stdout.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    else:
        renderer = PlainLines()
    structlog.configure(processors=[*shared, renderer], wrapper_class=structlog.make_filtering_bound_logger(level))
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


class JsonLines(structlog.processors.JSONRenderer):
    """JSON, an object a line; a request's line is formatted directly, ten times as fast as by structlog's processors."""

    def __init__(self) -> None:
        super().__init__(ensure_ascii=False)

    def format_request(self, method: str, path: str, status: int, ms: float, request_id: str, level: str, timestamp: str) -> str:
        """Return the line. Of the texts only method and path may hold what JSON escapes."""
        return (
            f'{{"method": {encode_basestring(method)}, "path": {encode_basestring(path)}, "status": {status}, "ms": {ms}, '
            f'"request_id": "{request_id}", "event": "request", "level": "{level}", "timestamp": "{timestamp}"}}\n'
        )


class PlainLines:
    """Lines for the eye, without colours; a request's line is formatted directly, as by `JsonLines`."""

    def __init__(self) -> None:
        self._render = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)

    def __call__(self, logger: Any, name: str, event_dict: MutableMapping[str, Any]) -> str:
        """Return the line of any event."""
        return str(self._render(logger, name, event_dict))

    def format_request(self, method: str, path: str, status: int, ms: float, request_id: str, level: str, timestamp: str) -> str:
        """Return the line. A path with line feeds or quotes is written as Python writes it: no client can add lines of its own."""
        shown = path if _UNQUOTED.fullmatch(path) else repr(path)
        return f"{timestamp} [{level:9}] {'request':30} {method=!s} {ms=} path={shown} {request_id=!s} {status=}\n"


class AccessLog:
    """Writes one line for each request."""

    def __init__(self) -> None:
        # Bound once: looking the logger up for each line would take longer than sending a cached tile.
        self._log: structlog.typing.FilteringBoundLogger = log.bind()
        self._processors = structlog.get_config()["processors"]
        self._second = -1
        self._date_and_time = ""

    def write(self, scope: Scope, status: int, started: float, request_id: str) -> None:
        """Write how a request ended: a warning where the service has failed. Below the configured level nothing is formatted.

        started: as `time.perf_counter` gave it.
        """
        level = logging.WARNING if status >= 500 else logging.INFO
        if not self._log.is_enabled_for(level):
            return
        took = round((time.perf_counter() - started) * 1000, 2)
        # Looked up each time: `structlog.testing.capture_logs` exchanges the processors.
        renderer = self._processors[-1]
        if isinstance(renderer, (JsonLines, PlainLines)):
            name = "info" if level == logging.INFO else "warning"
            line = renderer.format_request(scope["method"], scope["path"], status, took, request_id, name, self._timestamp())
            sys.stdout.write(line)
            sys.stdout.flush()
        else:
            self._log.log(level, "request", method=scope["method"], path=scope["path"], status=status, ms=took, request_id=request_id)

    def _timestamp(self) -> str:
        """Return the present instant, RFC 3339 in UTC with microseconds; date and time are formatted once a second."""
        now = time.time_ns() // 1000
        second = now // 1_000_000
        if second != self._second:
            self._second = second
            self._date_and_time = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._date_and_time}.{now % 1_000_000:06}Z"


class RequestLog:
    """ASGI middleware: gives each request an id and the headers that pages of other origins need, and logs how it ended."""

    def __init__(self, app: ASGIApp, access_log: AccessLog, reading: CorsPolicy, sending: CorsPolicy) -> None:
        """reading: the policy of GET and HEAD; sending: that of POST."""
        self._app = app
        self._access_log = access_log
        self._reading = reading
        self._sending = sending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request; its id is in every log line about it and in the response's X-Request-ID. Preflight requests end here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = choose_request_id(request_header(scope, b"x-request-id"))
        origin = request_header(scope, b"origin").encode("latin-1")
        requested_method = request_header(scope, b"access-control-request-method") if scope["method"] == "OPTIONS" else ""
        policy = self._sending if "POST" in (scope["method"], requested_method) else self._reading
        is_preflight = bool(origin and requested_method)
        app = policy.preflight_response(Headers(scope=scope)) if is_preflight else self._app
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.get("headers", ())
                headers = headers if is_preflight else policy.with_headers(headers, origin)
                message["headers"] = [*headers, (b"x-request-id", request_id.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await app(scope, receive, send_with_headers)
            finally:
                self._access_log.write(scope, status or _CLIENT_LEFT, started, request_id)
