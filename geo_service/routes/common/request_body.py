"""Request bodies that are read as they arrive, and their idempotency keys."""

import asyncio
import hashlib
import re
from collections.abc import AsyncGenerator

from starlette.requests import Request

from geo_service.core.errors import BodyIncomplete, BodyTooLarge, InvalidParameter
from geo_service.http.headers import request_header
from geo_service.routes.common.dependencies import service_of

_IDLE_S = 30.0
"""A sender from whom nothing comes for so long has gone, or holds a writer that others wait for."""

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_MEGABYTE = 1_000_000


def idempotency_key(request: Request, caller: str, name: str) -> bytes | None:
    """What the request is known by, 32 bytes, if it has an Idempotency-Key.

    The same key of another sender, or for what is sent under another name, is another one.
    """
    given = request_header(request.scope, b"idempotency-key")
    if not given:
        return None
    if not _KEY.fullmatch(given):
        raise InvalidParameter("Idempotency-Key", "cannot be used", "1 to 255 visible characters of ASCII")
    parts = (name, hashlib.sha256(caller.encode()).hexdigest(), given)
    return hashlib.sha256("\0".join(parts).encode()).digest()


def read_body(request: Request, most: int | None = None) -> AsyncGenerator[bytes, None]:
    """The body as it comes, up to `most` bytes or the setting's. Raises `BodyTooLarge`: at once where its length is told."""
    limit = service_of(request).settings.write_body_mb * _MEGABYTE if most is None else most
    told = request_header(request.scope, b"content-length")
    if told.isdecimal() and int(told) > limit:
        raise _too_large(limit)
    return _parts(request, limit)


async def _parts(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    read, more = 0, True
    while more:
        try:
            async with asyncio.timeout(_IDLE_S):
                message = await request.receive()
        except TimeoutError:
            raise BodyIncomplete(f"nothing has come for {_IDLE_S:.0f} s") from None
        if message["type"] == "http.disconnect":
            raise BodyIncomplete("the client went before the end of the body")
        more = message.get("more_body", False)
        if part := message.get("body", b""):
            read += len(part)
            if read > limit:
                raise _too_large(limit)
            yield part


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body is longer than {limit:,} bytes; send it in parts (GEO_WRITE_BODY_MB sets the limit of incidents)")
