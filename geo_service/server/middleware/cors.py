"""CORS: whoever may read is not therefore one who may send."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from geo_service.http.headers import request_header
from geo_service.tiles.server.fast_path import EXPOSED


class Cors:
    """ASGI layer: reading for one list of origins, sending (POST, and what asks beforehand whether it may) for another."""

    def __init__(self, app: ASGIApp, readers: Sequence[str], senders: Sequence[str]) -> None:
        self._reading = CORSMiddleware(app, allow_origins=readers, allow_methods=["GET", "HEAD"], expose_headers=EXPOSED)
        self._sending = CORSMiddleware(
            app,
            allow_origins=senders,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
            expose_headers=["Idempotency-Replayed", "Retry-After", "Location", "X-Request-ID"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        asked = request_header(scope, b"access-control-request-method") if scope["type"] == "http" else ""
        sending = scope["type"] == "http" and "POST" in (scope["method"], asked)
        await (self._sending if sending else self._reading)(scope, receive, send)
