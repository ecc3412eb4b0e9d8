"""Structured logs: one line an event, JSON or for the eye, with the id of the request it belongs to."""

import logging
import re
import secrets
import sys
import time

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.settings import Settings
from geo_service.tiles.front import request_header

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

_IN_SCOPE = "geo_service.request_id"
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


def request_id(scope: Scope | None = None) -> str | None:
    """The id of the request that is being answered; with its scope also where its answer has already failed."""
    found: str | None = scope.get(_IN_SCOPE) if scope else structlog.contextvars.get_contextvars().get("request_id")
    return found


class RequestLog:
    """ASGI middleware: gives each request an id (the client's own, if it sent a plain one) and logs how it ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request; the id is in every log line of it and in the answer's X-Request-ID."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = request_header(scope, b"x-request-id")
        own = scope[_IN_SCOPE] = given if _ID.fullmatch(given) else secrets.token_hex(8)
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
