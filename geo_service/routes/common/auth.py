"""API-key authentication of protected endpoints."""

import hmac
from collections.abc import Callable, Mapping, Sequence

from pydantic import SecretStr
from starlette.requests import Request

from geo_service.core.errors import Forbidden, Unauthorised
from geo_service.core.ingest_protocol import Sender
from geo_service.core.settings import Settings
from geo_service.http.api_keys import key_id
from geo_service.http.headers import request_header
from geo_service.http.request_record import current_record
from geo_service.routes.common.dependencies import base_url, service_of


def require_key(request: Request, act: str) -> None:
    """Require one of GEO_WRITE_KEYS, sent as `Authorization: Bearer <key>`. act: for messages, what the key is needed for.

    Raises `Forbidden` if no key is configured, and `Unauthorised` without a valid one.
    """
    keys = service_of(request).settings.write_keys
    if not keys:
        raise Forbidden(f"cannot {act}: no API key is configured; set GEO_WRITE_KEYS")
    require_key_of(request, keys, act)


def require_key_of(request: Request, keys: Sequence[SecretStr], act: str) -> None:
    """Require one of these keys, sent as `Authorization: Bearer <key>`; raises `Unauthorised` without. act: for the message."""
    _check_key(bearer_key(request), keys, act)


READ_TEXT, WRITE_INCIDENTS = "read:text", "write:incidents"
KEY_SCOPES: Mapping[str, Callable[[Settings], Sequence[SecretStr]]] = {
    READ_TEXT: lambda settings: settings.text_keys,
    WRITE_INCIDENTS: lambda settings: settings.write_keys,
}
"""The keys of each scope. A key may be among those of several."""


def scopes_of(request: Request) -> list[str]:
    """Return the scopes of the key that was sent as `Authorization: Bearer <key>`; none for another key, or none."""
    key, settings = bearer_key(request), service_of(request).settings
    return [scope for scope, keys in KEY_SCOPES.items() if key and _matches_any(key, keys(settings))]


def may_read_texts(request: Request) -> bool:
    """Whether a reader has sent one of GEO_TEXT_KEYS as `Authorization: Bearer <key>`; with another key it reads what all may read."""
    return READ_TEXT in scopes_of(request)


def is_operator(request: Request) -> bool:
    """Whether a reader has sent one of GEO_WRITE_KEYS as `Authorization: Bearer <key>`; with another key it reads what all may read."""
    return WRITE_INCIDENTS in scopes_of(request)


def authenticate_writer(request: Request, api_key: str = "", act: str = "send incidents") -> str:
    """Return the API key of a request that writes; empty if none is needed.

    api_key: a key that was sent otherwise than as `Authorization: Bearer`. act: for messages, what the key is needed for.
    Raises `Forbidden` if writing is disabled or the page's origin may not write, and `Unauthorised` without a valid key.
    """
    settings = service_of(request).settings
    _check_origin(request, settings, act)
    if settings.write_open:
        return ""
    if not settings.write_keys:
        raise Forbidden("writing is disabled; set GEO_WRITE_KEYS, or GEO_WRITE_OPEN=1 on a trusted network")
    key = bearer_key(request) or api_key
    _check_key(key, settings.write_keys, act)
    return key


def read_sender(request: Request, key: str) -> Sender:
    """Return what is recorded of who sends incidents. key: as of `authenticate_writer`."""
    return Sender(key_id(key), service_of(request).proxies.client_address(request.scope))


def check_before_body(request: Request, api_key: str = "") -> bool:
    """Refuse what can be refused before the body is read; return whether the key may still be in the body.

    api_key: a key that was sent otherwise than as `Authorization: Bearer`. Raises as `authenticate_writer`. Without this check
    anybody could let the service read and parse a long body.
    """
    settings = service_of(request).settings
    _check_origin(request, settings)
    if settings.write_keys and not (bearer_key(request) or api_key):
        return True
    authenticate_writer(request, api_key)
    return False


def bearer_key(request: Request) -> str:
    """Return the key that was sent as `Authorization: Bearer <key>`; empty without one."""
    scheme, _, token = request_header(request.scope, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _check_key(key: str, keys: Sequence[SecretStr], act: str) -> None:
    if not _matches_any(key, keys):
        raise Unauthorised(
            f"cannot {act}: invalid API key" if key else f"cannot {act}: missing API key; send `Authorization: Bearer <key>`"
        )


def _matches_any(key: str, keys: Sequence[SecretStr]) -> bool:
    current_record().key = key_id(key)
    # All keys are compared, even after a match: the time taken must reveal nothing about the keys.
    matches = [hmac.compare_digest(key.encode(), known.get_secret_value().encode()) for known in keys]
    return any(matches)


def _check_origin(request: Request, settings: Settings, act: str = "send incidents") -> None:
    """Refuse pages of other origins. Raises `Forbidden`.

    Without this check, any page could write to a service on its reader's own machine. The Host header proves nothing: the
    page's domain name can be made to resolve to the service's address (DNS rebinding).
    """
    origin = request_header(request.scope, b"origin")
    if (
        origin
        and "*" not in settings.write_origins
        and origin not in (*settings.write_origins, settings.public_origin, _own_origin(request))
    ):
        raise Forbidden(f"this origin may not {act}; GEO_WRITE_ORIGINS names those that may")


def _own_origin(request: Request) -> str:
    """Return the origin of this service's own pages; empty where GEO_ALLOWED_HOSTS believes every name.

    `base_url` believes the Host header only where the settings have its name, so a foreign name that leads here is none of ours.
    """
    service = service_of(request)
    return "" if "*" in service.settings.allowed_hosts or service.settings.public_url else base_url(request)
