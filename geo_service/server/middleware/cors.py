"""CORS: pages of one list of origins may read (GET, HEAD), those of another may send (POST)."""

from collections.abc import Iterable, Iterator, Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geo_service.http.headers import request_header

Header = tuple[bytes, bytes]

_HARMLESS = ("Cache-Control", "Content-Type", "If-Modified-Since", "If-None-Match", "Pragma", "X-Request-ID", "X-Requested-With")
"""Request headers that programs in pages add by themselves, axios or a map library; none of them opens anything."""


class CorsPolicy:
    """What pages of other origins may do. Starlette decides on their preflight requests."""

    def __init__(self, origins: Sequence[str], methods: Sequence[str], accepted: Sequence[str], readable: Sequence[str]) -> None:
        """origins: `*` is any. accepted: request headers beyond the safe ones. readable: response headers."""
        self.preflight_response = CORSMiddleware(
            _no_application, allow_origins=origins, allow_methods=methods, allow_headers=accepted
        ).preflight_response
        self._origins = frozenset(origins)
        self._any = "*" in self._origins
        self._exposed = (b"access-control-expose-headers", ", ".join(readable).encode())

    def response_headers(self, origin: str) -> list[Header]:
        """Return the headers that a response to a page of this origin needs; none for a request without an origin."""
        if not origin:
            return []
        if self._any:
            return [self._exposed, (b"access-control-allow-origin", b"*")]
        return [self._exposed, (b"access-control-allow-origin", origin.encode("latin-1"))] if origin in self._origins else [self._exposed]


def reading_policy(origins: Sequence[str]) -> CorsPolicy:
    """Return the policy of GET and HEAD."""
    return CorsPolicy(origins, ["GET", "HEAD"], _HARMLESS, ("ETag", "Link", "Retry-After", "X-Request-ID"))


def sending_policy(origins: Sequence[str]) -> CorsPolicy:
    """Return the policy of POST."""
    readable = ("Idempotency-Replayed", "Retry-After", "Location", "X-Request-ID")
    return CorsPolicy(origins, ["POST"], ["Authorization", "Idempotency-Key", *_HARMLESS], readable)


class Cors:
    """ASGI middleware: answers preflight requests, and adds to every response the headers of its policy."""

    def __init__(self, app: ASGIApp, reading: CorsPolicy, sending: CorsPolicy) -> None:
        self._app = app
        self._reading = reading
        self._sending = sending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight request, or pass the request on and add the headers to its response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        origin = request_header(scope, b"origin")
        requested_method = request_header(scope, b"access-control-request-method") if scope["method"] == "OPTIONS" else ""
        policy = self._sending if "POST" in (scope["method"], requested_method) else self._reading
        if origin and requested_method:
            await policy.preflight_response(Headers(scope=scope))(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(_vary_by_origin(message.get("headers", ())))
                set_already = {name for name, _ in own}
                message["headers"] = [*own, *(header for header in policy.response_headers(origin) if header[0] not in set_already)]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _vary_by_origin(headers: Iterable[Header]) -> Iterator[Header]:
    """Yield the headers with `Origin` in `Vary`, so that no shared cache gives one origin's response to another."""
    varied: list[bytes] = []
    for name, value in headers:
        if name == b"vary":
            varied += value.split(b", ")
        else:
            yield name, value
    yield b"vary", b", ".join(varied if b"Origin" in varied else [*varied, b"Origin"])


async def _no_application(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for what Starlette's middleware would pass requests on to."""
