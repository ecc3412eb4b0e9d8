"""Read request bodies as they arrive, and their idempotency keys."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator

from starlette.requests import Request

from geo_service.core.errors import BodyIncomplete, BodyTooLarge, InvalidParameter, ServiceStopping
from geo_service.http.headers import request_header
from geo_service.http.messages import is_shutdown
from geo_service.routes.common.dependencies import service_of

_IDLE_S = 30.0
"""Seconds without data after which a request fails: meanwhile it occupies one of the few writers."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MEGABYTE = 1_000_000


def idempotency_key(request: Request, caller: str, name: str) -> bytes | None:
    """Return a hash of the request's Idempotency-Key, 32 bytes; None without one. Raises `InvalidParameter`.

    The same key of another caller, or of another endpoint (`name`), has another hash.
    """
    value = request_header(request.scope, b"idempotency-key")
    # One that is there and empty is a fault of its sender: without a key, sending again would store twice.
    if not value and all(header != b"idempotency-key" for header, _ in request.scope["headers"]):
        return None
    if not _KEY.fullmatch(value):
        raise InvalidParameter("Idempotency-Key", "is invalid", "1 to 255 visible ASCII characters")
    parts = (name, hashlib.sha256(caller.encode()).hexdigest(), value)
    return hashlib.sha256("\0".join(parts).encode()).digest()


def read_body(request: Request, max_bytes: int | None = None) -> AsyncGenerator[bytes, None]:
    """Yield the body in the parts in which it arrives. max_bytes: by default GEO_WRITE_BODY_MB.

    Raises `BodyTooLarge`, at once if Content-Length exceeds the limit, and `BodyIncomplete`.
    """
    limit = service_of(request).settings.write_body_mb * _MEGABYTE if max_bytes is None else max_bytes
    length = request_header(request.scope, b"content-length")
    if length.isdecimal() and int(length) > limit:
        raise _too_large(limit)
    return _yield_parts(request, limit)


async def _yield_parts(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    read, more = 0, True
    while more:
        try:
            async with asyncio.timeout(_IDLE_S):
                message = await request.receive()
        except TimeoutError:
            raise BodyIncomplete(f"the body is incomplete: no data for {_IDLE_S:.0f} s") from None
        if is_shutdown(message):
            raise ServiceStopping("the service is stopping: the rest of the body was not read; send it again")
        if message["type"] == "http.disconnect":
            raise BodyIncomplete("the body is incomplete: the client disconnected")
        more = message.get("more_body", False)
        if part := message.get("body", b""):
            read += len(part)
            if read > limit:
                raise _too_large(limit)
            yield part


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is longer than {limit:,} bytes; send it in parts (GEO_WRITE_BODY_MB sets the limit of incidents)")
