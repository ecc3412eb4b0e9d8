"""CORS: pages of one list of origins may read (GET, HEAD), those of another may send (POST)."""

from collections.abc import Iterable, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from geo_service.http.headers import HeaderBlock

Header = tuple[bytes, bytes]

_HARMLESS = (
    "Cache-Control",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "Pragma",
    "Range",
    "X-Request-ID",
    "X-Requested-With",
)
"""Request headers that programs in pages add by themselves, axios or a map library; none of them opens anything."""


class CorsPolicy:
    """What pages of other origins may do. Starlette decides on their preflight requests."""

    def __init__(self, origins: Sequence[str], methods: Sequence[str], accepted: Sequence[str], readable: Sequence[str]) -> None:
        """origins: `*` is any. accepted: request headers beyond the safe ones. readable: response headers."""
        self.preflight_response = CORSMiddleware(
            _no_application, allow_origins=origins, allow_methods=methods, allow_headers=accepted
        ).preflight_response
        exposed = (b"access-control-expose-headers", ", ".join(readable).encode())
        self._others = HeaderBlock((exposed, (b"access-control-allow-origin", b"*")) if "*" in origins else (exposed,))
        self._by_origin = {b"": HeaderBlock(())}
        if "*" not in origins:
            self._by_origin |= {name.encode(): HeaderBlock((exposed, (b"access-control-allow-origin", name.encode()))) for name in origins}

    def response_headers(self, origin: bytes) -> HeaderBlock:
        """Return the headers that a response to a page of this origin needs; none for a request without an origin."""
        return self._by_origin.get(origin, self._others)

    def with_headers(self, headers: Iterable[Header], origin: bytes) -> list[Header]:
        """Return a response's headers with these, and with `Origin` in `Vary`: no shared cache gives one origin's response to another."""
        others: list[Header] = []
        varied: list[bytes] = []
        policy = self.response_headers(origin).headers
        for header in headers:
            if header[0] == b"vary":
                varied += header[1].split(b", ")
                continue
            if header[0] == b"access-control-allow-origin":
                # What every page may load says so itself; browsers refuse a response with two of these.
                policy = policy[:1]
            others.append(header)
        vary = b", ".join(varied if b"Origin" in varied else [*varied, b"Origin"])
        return [*others, (b"vary", vary), *policy]


def reading_policy(origins: Sequence[str]) -> CorsPolicy:
    """Return the policy of GET and HEAD."""
    return CorsPolicy(
        origins, ["GET", "HEAD"], _HARMLESS, ("Accept-Ranges", "Content-Range", "ETag", "Link", "Retry-After", "X-Request-ID")
    )


def sending_policy(origins: Sequence[str]) -> CorsPolicy:
    """Return the policy of POST."""
    readable = ("Idempotency-Replayed", "Retry-After", "Location", "X-Request-ID")
    return CorsPolicy(origins, ["POST"], ["Authorization", "Idempotency-Key", *_HARMLESS], readable)


async def _no_application(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for what Starlette's middleware would pass requests on to."""
