"""Structured logs: one line an event, JSON or for the eye; the lines of requests are formatted directly and written in batches."""

import asyncio
import atexit
import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from json.encoder import encode_basestring
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

import structlog

from geo_service.core.settings import Settings

_BATCH_S = 0.1
"""How long the line of a request may wait for others."""
_BATCH_LINES = 500

_PARAMETER = re.compile(rb"(?<![^&;])([^=&;]*)=[^&;]*")
"""A parameter of a query string, and its name."""
_UNQUOTED = re.compile(r"""[^ \t=\r\n"']*""")
"""Texts that structlog's console renderer writes without quotes."""


class RequestEvent(NamedTuple):
    """A request and how it ended. Texts from clients may hold anything."""

    method: str
    path: str
    query: bytes
    """As it came, without `?`."""
    status: int
    """499 where the client disconnected before the response began."""
    sent: int
    """Bytes of the response's body."""
    seconds: float
    client: str
    answer: str
    """As in `RequestRecord`; so are the following."""
    problem: str
    key: str
    request_id: str
    ended: int
    """Nanoseconds since 1970."""

    @property
    def level(self) -> str:
        """A warning where the service has failed."""
        return "warning" if self.status >= 500 else "info"

    def fields(self) -> dict[str, str | int | float]:
        """Return what stands in the line, by name."""
        return {
            "method": self.method, "path": self.path, "query": loggable_query(self.query), "status": self.status, "bytes": self.sent,
            "ms": round(self.seconds * 1000, 2), "client": self.client, "answer": self.answer, "problem": self.problem, "key": self.key,
            "request_id": self.request_id,
        }  # fmt: skip


def loggable_query(query: bytes) -> str:
    """Return a query string without the value of `api_key`, as Open311 sends it; the name may be percent-encoded."""
    if b"%" in query or b"key" in query.lower():
        query = _PARAMETER.sub(_without_key, query)
    return query.decode("latin-1")


def _without_key(parameter: re.Match[bytes]) -> bytes:
    name = unquote_plus(parameter[1].decode("latin-1")).strip().lower()
    return parameter[1] + b"=***" if name == "api_key" else parameter[0]


class RequestLines:
    """Requests whose lines are not written yet.

    They are formatted and written together after `_BATCH_S`: one by one that takes as long as sending a cached tile. At once
    where the service has failed, where no event loop runs, and before any other line, so that lines stay in their order.
    """

    def __init__(self, format_line: Callable[[RequestEvent, str], str]) -> None:
        """format_line: returns the line of a request; the text is its timestamp."""
        self._format_line = format_line
        self._waiting: list[RequestEvent] = []
        self._second = -1
        self._date_and_time = ""

    def add(self, event: RequestEvent) -> None:
        """Write the line of the request soon."""
        self._waiting.append(event)
        if len(self._waiting) >= _BATCH_LINES or event.status >= 500:
            self.flush()
        elif len(self._waiting) == 1:
            try:
                asyncio.get_running_loop().call_later(_BATCH_S, self.flush)
            except RuntimeError:
                self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._waiting:
            events, self._waiting = self._waiting, []
            sys.stdout.write("".join([self._format_line(event, self._timestamp(event.ended)) for event in events]))
            sys.stdout.flush()

    def _timestamp(self, instant: int) -> str:
        """Return the instant, RFC 3339 in UTC with microseconds; date and time are formatted once a second."""
        second, fraction = divmod(instant // 1000, 1_000_000)
        if second != self._second:
            self._second = second
            self._date_and_time = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        return f"{self._date_and_time}.{fraction:06}Z"


class JsonLines(structlog.processors.JSONRenderer):
    """JSON, an object a line; a request's line is formatted directly, ten times as fast as by structlog's processors."""

    def __init__(self) -> None:
        super().__init__(ensure_ascii=False)
        self.requests = RequestLines(_json_line)

    def __call__(self, logger: Any, name: str, event_dict: MutableMapping[str, Any]) -> str | bytes:
        """Return the line of any event."""
        self.requests.flush()
        return super().__call__(logger, name, event_dict)


def _json_line(event: RequestEvent, timestamp: str) -> str:
    """Of the texts only method, path and query may hold what JSON escapes."""
    return (
        f'{{"method": {encode_basestring(event.method)}, "path": {encode_basestring(event.path)}, '
        f'"query": {encode_basestring(loggable_query(event.query))}, "status": {event.status}, "bytes": {event.sent}, '
        f'"ms": {round(event.seconds * 1000, 2)}, "client": "{event.client}", "answer": "{event.answer}", '
        f'"problem": "{event.problem}", "key": "{event.key}", "request_id": "{event.request_id}", '
        f'"event": "request", "level": "{event.level}", "timestamp": "{timestamp}"}}\n'
    )


class PlainLines:
    """Lines for the eye, without colours; a request's line is formatted directly, as by `JsonLines`."""

    def __init__(self) -> None:
        self._render = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        self.requests = RequestLines(_plain_line)

    def __call__(self, logger: Any, name: str, event_dict: MutableMapping[str, Any]) -> str:
        """Return the line of any event."""
        self.requests.flush()
        return str(self._render(logger, name, event_dict))


def _plain_line(event: RequestEvent, timestamp: str) -> str:
    """A text with line feeds or quotes is written as Python writes it: no client can add lines of its own."""
    fields = " ".join(f"{name}={_quoted(value)}" for name, value in sorted(event.fields().items()))
    return f"{timestamp} [{event.level:9}] {'request':30} {fields}\n"


def _quoted(value: str | float) -> str:
    return str(value) if not isinstance(value, str) or _UNQUOTED.fullmatch(value) else repr(value)


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
    if isinstance(renderer, (JsonLines, PlainLines)):
        atexit.register(renderer.requests.flush)
