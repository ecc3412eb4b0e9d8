"""Incidents in: one, a list, or a stream of them."""

import re
from collections.abc import AsyncGenerator

from fastapi import APIRouter, Request, Response

from geo_service.core.errors import InvalidParameter, UnsupportedType
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.http.headers import request_header
from geo_service.queries.selection import collect_params
from geo_service.routes.common.auth import authenticate_writer
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.ingest_response import LineStream, document_answer
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.request_body import idempotency_key, read_body
from geo_service.routes.schemas.incident_docs import INCIDENT_DOCS, INCIDENT_RESPONSES
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["incidents"], responses=PROBLEM_RESPONSES)

_INPUT = "POST /api/incidents"
_LINES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
_DOCUMENTS = ("application/json", "application/geo+json")
_SOURCE = re.compile(r"[^\s,\0]{1,60}")


@router.post(
    "/incidents", summary="Send incidents", operation_id="send_incidents", openapi_extra=INCIDENT_DOCS, responses=INCIDENT_RESPONSES
)
async def post_incidents(request: Request) -> Response:
    """What became of each incident, in the order of the body; those that could not be used with the reason."""
    delivery, body = _delivery(request)
    pieces = service_of(request).ingest.ingest(delivery, body)
    return await LineStream.of(pieces) if delivery.lines else await document_answer(pieces)


def _delivery(request: Request) -> tuple[IngestRequest, AsyncGenerator[bytes, None]]:
    caller = authenticate_writer(request)
    given = collect_params(request.query_params.multi_items(), ("source",))
    source = given.get("source", "api")
    if not _SOURCE.fullmatch(source):
        raise InvalidParameter("source", "is no code", "1 to 60 characters without blanks and commas")
    key = idempotency_key(request, caller, _INPUT)
    return IngestRequest(_INPUT, source, source, _are_lines(request), key), read_body(request)


def _are_lines(request: Request) -> bool:
    kind = request_header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if kind not in (*_LINES, *_DOCUMENTS):
        raise UnsupportedType(f"a body of the type {kind[:60]!r} is not read here; allowed: {_DOCUMENTS[0]}, {_LINES[0]}")
    return kind in _LINES
