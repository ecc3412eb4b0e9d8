"""Structured logs: one line an event, JSON or for the eye, with the id of the request it belongs to."""

import logging
import sys
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.core.settings import Settings
from geo_service.http.request_id import assign_request_id

_CLIENT_LEFT = 499
"""In the log, where a client went before it was answered."""

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


class RequestLog:
    """ASGI middleware: gives each request an id (the client's own, if it sent a plain one) and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request; the id is in every log line of it and in the answer's X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        own = assign_request_id(scope)
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", own.encode())]
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=own):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                status = status or _CLIENT_LEFT
                took = round((time.perf_counter() - started) * 1000, 2)
                (log.warning if status >= 500 else log.info)("request", method=scope["method"], path=scope["path"], status=status, ms=took)
