"""The access log: one line for each request, and the id by which it is found there."""

import logging
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.http.client_address import TrustedProxies
from geo_service.http.headers import choose_request_id, request_header
from geo_service.http.request_record import RequestRecord, recorded
from geo_service.metrics.requests import UNMATCHED, RequestMetrics, route_template
from geo_service.server.logs import JsonLines, PlainLines, RequestEvent
from geo_service.server.middleware.cors import CorsPolicy
from geo_service.server.middleware.response_headers import NOSNIFF

CLIENT_LEFT = 499
"""Status in the log where a client disconnected before the response began; nginx has made the number customary."""

log = structlog.get_logger(__name__)


class AccessLog:
    """Writes one line for each request, and counts it."""

    def __init__(self, proxies: TrustedProxies, metrics: RequestMetrics | None = None) -> None:
        """proxies: behind which clients are found. metrics: count the requests."""
        self._proxies = proxies
        self._metrics = metrics or RequestMetrics()
        # Bound once: looking the logger up for each line would take longer than sending a cached tile.
        self._log: structlog.typing.FilteringBoundLogger = log.bind()
        self._processors = structlog.get_config()["processors"]

    def write(
        self, scope: MutableMapping[str, Any], status: int, sent: int, started: float, record: RequestRecord, route: str = UNMATCHED
    ) -> None:
        """Write how a request ended: a warning where the service has failed. Below the configured level nothing is formatted.

        sent: bytes of the response's body. started: as `time.perf_counter` gave it. route: template of the one that answered.
        """
        seconds = time.perf_counter() - started
        self._metrics.observe(route, scope["method"], status, seconds, record.answer)
        level = logging.WARNING if status >= 500 else logging.INFO
        if not self._log.is_enabled_for(level):
            return
        event = RequestEvent(
            scope["method"], scope["path"], scope["query_string"], status, sent, seconds,
            self._proxies.client_address(scope), record.answer, record.problem, record.key, record.request_id, time.time_ns(),
        )  # fmt: skip
        # Looked up each time: `structlog.testing.capture_logs` exchanges the processors.
        renderer = self._processors[-1]
        if isinstance(renderer, (JsonLines, PlainLines)):
            renderer.requests.add(event)
        else:
            self._log.log(level, "request", **event.fields())


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
        record = RequestRecord(choose_request_id(request_header(scope, b"x-request-id")))
        origin = request_header(scope, b"origin").encode("latin-1")
        requested_method = request_header(scope, b"access-control-request-method") if scope["method"] == "OPTIONS" else ""
        policy = self._sending if "POST" in (scope["method"], requested_method) else self._reading
        is_preflight = bool(origin and requested_method)
        app = policy.preflight_response(Headers(scope=scope)) if is_preflight else self._app
        status = sent = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message.get("headers", ())
                headers = [*headers, NOSNIFF] if is_preflight else policy.with_headers(headers, origin)
                message["headers"] = [*headers, (b"x-request-id", record.request_id.encode())]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        started = time.perf_counter()
        with recorded(record), structlog.contextvars.bound_contextvars(request_id=record.request_id):
            try:
                await app(scope, receive, send_with_headers)
            finally:
                self._access_log.write(scope, status or CLIENT_LEFT, sent, started, record, route_template(scope))
