"""The id of a request: the client's own `X-Request-ID` if it is plain, else a random one; in its log lines and its response."""

import re
import secrets

import structlog
from starlette.types import Scope

from geo_service.http.headers import request_header

_VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_IN_SCOPE = "geo_service.request_id"


def assign_request_id(scope: Scope) -> str:
    """Give the request its id, and return it."""
    own = request_header(scope, b"x-request-id")
    request_id: str = own if _VALID.fullmatch(own) else secrets.token_hex(8)
    scope[_IN_SCOPE] = request_id
    return request_id


def request_id(scope: Scope | None = None) -> str | None:
    """The id of the request that is being answered; with its scope also where its answer has already failed."""
    assigned: str | None = scope.get(_IN_SCOPE) if scope else structlog.contextvars.get_contextvars().get("request_id")
    return assigned
