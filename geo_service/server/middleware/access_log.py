"""Structured logs: one line an event, JSON or for the eye, with the id of the request it belongs to."""

import logging
import sys
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.core.settings import Settings
from geo_service.http.headers import choose_request_id, request_header

_CLIENT_LEFT = 499
"""Status in the log where a client disconnected before the response began; nginx has made the number customary."""

log = structlog.get_logger(__name__)


def configure_logs(settings: Settings) -> None:
    """Set up structlog, and send what libraries log through the standard library the same way."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(
        colors=sys.stdout.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    if settings.log_format == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(processors=[*shared, renderer], wrapper_class=structlog.make_filtering_bound_logger(level))
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


class AccessLog:
    """Writes one line for each request."""

    def __init__(self) -> None:
        # Bound once: looking the logger up for each line would take longer than sending a cached tile.
        self._log: structlog.typing.FilteringBoundLogger = log.bind()

    def write(self, scope: Scope, status: int, started: float, request_id: str) -> None:
        """Write how a request ended: a warning where the service has failed. Below the configured level nothing is formatted.

        started: as `time.perf_counter` gave it.
        """
        level = logging.WARNING if status >= 500 else logging.INFO
        if self._log.is_enabled_for(level):
            took = round((time.perf_counter() - started) * 1000, 2)
            self._log.log(level, "request", method=scope["method"], path=scope["path"], status=status, ms=took, request_id=request_id)


class RequestLog:
    """ASGI middleware: gives each request an id and logs how it ended."""

    def __init__(self, app: ASGIApp, access_log: AccessLog) -> None:
        self._app = app
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request; its id is in every log line about it and in the response's X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = choose_request_id(request_header(scope, b"x-request-id"))
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                self._access_log.write(scope, status or _CLIENT_LEFT, started, request_id)
