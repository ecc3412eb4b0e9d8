"""Read the forms that Open311 clients send: who sends them is checked before and while the body is read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from fastapi import Request

from geo_service.core.errors import UnsupportedType
from geo_service.http.headers import request_header
from geo_service.open311 import report
from geo_service.open311.multipart import MULTIPART, read_multipart
from geo_service.routes.common.auth import authenticate_writer, check_before_body
from geo_service.routes.common.open311_formats import read_arguments
from geo_service.routes.common.request_body import read_body


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that a client with a valid key has sent."""

    fields: Mapping[str, str]
    digest: bytes
    """SHA-256 of the body."""
    caller: str
    """The key; empty if none is needed."""


async def read_sent_form(request: Request) -> SentForm:
    """Return the form of a request. Raises `Unauthorised`, `Forbidden`, `UnsupportedType`, `BodyTooLarge` and `InputError`."""
    api_key = read_arguments(request).get("api_key", "")
    key_in_form = check_before_body(request, api_key)
    fields, digest = await _read_fields(request, key_in_form)
    return SentForm(fields, digest, authenticate_writer(request, fields.get("api_key", "") if key_in_form else api_key))


async def _read_fields(request: Request, key_in_form: bool) -> tuple[dict[str, str], bytes]:
    """Return the fields that were sent, and the digest of the body. Photographs are discarded, because no media is stored."""
    content_type = request_header(request.scope, b"content-type")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == MULTIPART:
        check = partial(_check_key_of_form, request) if key_in_form else None
        fields, digest, _ = await read_multipart(read_body(request), content_type, check)
        return fields, digest
    if media_type != report.FORM_TYPE:
        raise UnsupportedType(f"unsupported Content-Type {media_type[:60]!r}; allowed: {report.FORM_TYPE}, {MULTIPART}")
    body = b"".join([part async for part in read_body(request, report.MAX_FORM_BYTES)])
    return report.read_form(body), hashlib.sha256(body).digest()


def _check_key_of_form(request: Request, form: Mapping[str, str]) -> None:
    """Raise `Unauthorised` where the fields that have come so far have no valid key."""
    authenticate_writer(request, form.get("api_key", ""))
