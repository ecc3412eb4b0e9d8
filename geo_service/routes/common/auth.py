"""Who may do what not everybody may."""

import hmac

from starlette.requests import Request

from geo_service.core.errors import Forbidden, Unauthorised
from geo_service.http.headers import request_header
from geo_service.routes.common.dependencies import service_of


def require_key(request: Request, act: str) -> None:
    """Let only those pass who hold one of GEO_WRITE_KEYS, sent as `Authorization: Bearer <key>`. act: what they want to do.

    Raises `Forbidden` where there is no key at all, and `Unauthorised` without a right one.
    """
    keys = service_of(request).settings.write_keys
    if not keys:
        raise Forbidden(f"nobody may {act} here: set GEO_WRITE_KEYS")
    scheme, _, bearer = request_header(request.scope, b"authorization").partition(" ")
    given = bearer.strip() if scheme.lower() == "bearer" else ""
    # Each is compared, however the others came out: the time tells nothing.
    known = [hmac.compare_digest(given.encode(), key.get_secret_value().encode()) for key in keys]
    if not any(known):
        raise Unauthorised(f"a key is needed to {act}" + (", and this is none" if given else ""))
