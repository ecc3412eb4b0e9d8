"""Request headers as ASGI gives them, and the id of a request.

The id is the client's own `X-Request-ID` where that is plain, else a random one. It stands in the request's log lines, in its
response and in problem documents.
"""

import re
from random import getrandbits

import structlog
from starlette.types import Scope

_VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RANDOM_ID_BITS = 64
"""Among a million requests two have the same id with a probability of 3e-8."""


def request_header(scope: Scope, name: bytes) -> str:
    """Return a request header's value, repeated ones joined by commas; empty when it is absent. name: in lower case."""
    joined = b""
    for key, value in scope["headers"]:
        if key == name:
            joined = joined + b"," + value if joined else value
    return joined.decode("latin-1")


def choose_request_id(own: str) -> str:
    """Return the id of a request that has just arrived. own: the client's, empty for none."""
    # Not from `secrets`, which asks the operating system each time: the id need not be hard to guess.
    return own if _VALID_ID.fullmatch(own) else f"{getrandbits(_RANDOM_ID_BITS):016x}"


def request_id() -> str | None:
    """Return the id of the request that is being answered; None outside of one."""
    assigned: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return assigned
