"""Documents and errors as responses: JSON with ETag, compression and 304; problem documents (RFC 9457)."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from geo_service.core.admission import QueuedThread
from geo_service.core.errors import GeoError
from geo_service.http.encoded_body import EncodedBody
from geo_service.http.headers import COMPRESSORS, choose_encoding, etag, matches, request_header
from geo_service.http.request_record import current_record

PROBLEM_TYPE = "application/problem+json"


def json_answer(request: Request, document: Any, cache_control: str = "no-cache", media_type: str = "application/json") -> Response:
    """Return the document in an encoding that the client accepts; 304 when it has this one already."""
    return bytes_answer(request, _json(document), cache_control, media_type)


def bytes_answer(request: Request, plain: bytes, cache_control: str, media_type: str, vary: str = "Accept-Encoding") -> Response:
    """Return the bytes in an encoding that the client accepts; 304 when it has these already."""
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"))
    headers = {"ETag": etag(plain, encoding), "Vary": vary, "Cache-Control": cache_control}
    return _answer(request, encoding, headers, media_type, lambda: COMPRESSORS[encoding](plain))


def forbid_sharing(response: Response, *, is_personal: bool) -> Response:
    """Return the response, no cache of which may be used for a reader with another key; a personal one is stored nowhere at all."""
    response.headers["Vary"] = f"{response.headers['Vary']}, Authorization"
    if is_personal:
        response.headers["Cache-Control"] = "private, no-store"
    return response


def constant_answer(request: Request, plain: bytes, media_type: str) -> Response:
    """Return bytes that are the same object each time: they are compressed once. Otherwise as `bytes_answer`."""
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"))
    tag, body = _encode_constant(plain, encoding)
    return _answer(request, encoding, {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}, media_type, lambda: body)


async def encoded_answer(request: Request, body: EncodedBody, thread: QueuedThread, media_type: str) -> Response:
    """Return a body that is encoded on a thread, once. Otherwise as `bytes_answer`."""
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"))
    found = body.find(encoding)
    tag, encoded = await thread.run(body.encode, encoding) if found is None else found
    return _answer(request, encoding, {"ETag": tag, "Vary": "Accept-Encoding", "Cache-Control": "no-cache"}, media_type, lambda: encoded)


@lru_cache(maxsize=16)
def _encode_constant(plain: bytes, encoding: str) -> tuple[str, bytes]:
    return etag(plain, encoding), COMPRESSORS[encoding](plain)


def _answer(request: Request, encoding: str, headers: dict[str, str], media_type: str, make_body: Callable[[], bytes]) -> Response:
    if matches(request_header(request.scope, b"if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    return Response(make_body(), media_type=media_type, headers=headers)


def _json(document: Any) -> bytes:
    return orjson.dumps(document)


def problem(error: GeoError) -> Response:
    """Return the error as a problem document."""
    answer = problem_document(error.status, error.title, str(error), error.kind, error.retry_after, error.members())
    answer.headers.update(error.headers)
    return answer


def problem_document(
    status: int, title: str, detail: str, kind: str, retry_after: int | None = None, members: dict[str, Any] | None = None
) -> Response:
    """Return a problem document (RFC 9457). kind: becomes a relative type URL that is the same for all versions.

    It names its request as X-Request-ID does, so that a reader can report it to the operator.
    """
    common = {"type": f"/problems/{kind}", "title": title, "status": status, "detail": detail}
    record = current_record()
    record.problem = kind
    named = {"request_id": record.request_id} if record.request_id else {}
    document = {**common, **named, **(members or {})}
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(retry_after)} if retry_after else {})
    return Response(_json(document), status_code=status, media_type=PROBLEM_TYPE, headers=headers)
