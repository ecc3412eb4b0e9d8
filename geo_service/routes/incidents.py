"""Incidents: send them, list them page by page, get one. Only one has the citizen's words, and only for a key that allows reading them."""

import re
import time
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.measures.measures import CELL_MEASURES
from geo_service.aggregation.statistics.incident_list import ORDERS
from geo_service.aggregation.statistics.incident_rows import FIELDS, IncidentPage, find_incident, list_incidents
from geo_service.core.errors import InvalidParameter, UnsupportedType
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.core.integers import MAX_BIGINT, parse_int
from geo_service.http.headers import request_header
from geo_service.queries.incident_list import (
    DEFAULT_LIMIT,
    LIST_PARAMETERS,
    MAX_LIMIT,
    MAX_TABLE_LIMIT,
    encode_cursor,
    read_incident_list,
)
from geo_service.queries.selection import collect_params
from geo_service.routes.common import selection_query
from geo_service.routes.common.auth import authenticate_writer, may_read_texts, read_sender
from geo_service.routes.common.dependencies import PlainRoute, public_path, service_of
from geo_service.routes.common.incident_details import describe_details, read_details
from geo_service.routes.common.ingest_response import LineStream, respond_with_document
from geo_service.routes.common.request_body import idempotency_key, read_body
from geo_service.routes.common.responses import forbid_sharing
from geo_service.routes.common.table_formats import Representations, is_table, read_format, render
from geo_service.routes.schemas.incident_docs import INCIDENT_DOCS, INCIDENT_RESPONSES
from geo_service.routes.schemas.parameter_docs import FORMAT_DOCS, PROBLEM, PROBLEM_RESPONSES, TABLE_RESPONSES, docs, parameter
from geo_service.routes.schemas.value_schemas import choice, integer, pattern

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["incidents"], responses=PROBLEM_RESPONSES)

_INPUT = "POST /api/incidents"
_LINE_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
_DOCUMENT_TYPES = ("application/json", "application/geo+json")
_SOURCE = re.compile(r"[^\s,\0]{1,60}")

_LIST_DOCS = {
    "parameters": [
        *docs("cell", "format")["parameters"],
        parameter(
            "order",
            f"{' or '.join(ORDERS)}: the newest first (the default), or open ones by deadline, the earliest first, answered ones last.",
            schema=choice(ORDERS),
        ),
        parameter(
            "limit",
            f"Incidents in the response, 1 to {MAX_LIMIT}, as csv, csv-excel and xlsx to {MAX_TABLE_LIMIT}; default {DEFAULT_LIMIT}.",
            schema=integer(1, MAX_TABLE_LIMIT),
        ),
        parameter("after", "The `next` value of the previous page, with the same filters and order.", schema=pattern("[A-Za-z0-9_-]{18}")),
    ]
}
_ONE_DOCS = {"parameters": [FORMAT_DOCS], "security": [{"readKey": []}, {}]}
_ONE_RESPONSES: dict[int | str, dict[str, Any]] = {**TABLE_RESPONSES, 404: {"description": "There is no such incident.", **PROBLEM}}


@router.post(
    "/incidents", summary="Send incidents", operation_id="send_incidents", openapi_extra=INCIDENT_DOCS, responses=INCIDENT_RESPONSES
)
async def post_incidents(request: Request) -> Response:
    """Store incidents. The response has the result of each one, in the order of the body, and the reason of each rejection."""
    ingest_request, body = _read_ingest_request(request)
    results = service_of(request).ingest.ingest(ingest_request, body)
    return await LineStream.start(results) if ingest_request.lines else await respond_with_document(results)


@router.get("/incidents", openapi_extra=_LIST_DOCS, responses=TABLE_RESPONSES, summary="A list of incidents", operation_id="list_incidents")
async def get_incidents(request: Request) -> Response:
    """Return a page of the incidents of a selection: their codes, times and locations, and the names of these codes."""
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=(*LIST_PARAMETERS, "format"), measures=CELL_MEASURES)
    form = read_format(request)
    page_query = read_incident_list(dict(request.query_params), query, MAX_TABLE_LIMIT if is_table(form) else MAX_LIMIT)
    revision = service.replica.revision

    def encode(page: IncidentPage) -> Response:
        next_cursor = page.end and encode_cursor(page_query.order, page.end)
        document = {
            "order": page_query.order.code, "limit": page_query.limit, "incidents": page.rows, "next": next_cursor, "names": page.names,
            **selection_query.resolved(query, service, revision),
        }  # fmt: skip
        response = render(request, form, Representations(document, lambda: page.rows, columns=FIELDS))
        if next_cursor:
            next_url = f"{public_path(request)}?{request.url.include_query_params(after=next_cursor).query}"
            response.headers["Link"] = f'<{next_url}>; rel="next"'
        return response

    return await service.replica.run_and_encode(encode, list_incidents, page_query)


@router.get("/incidents/{id}", openapi_extra=_ONE_DOCS, responses=_ONE_RESPONSES, summary="One incident", operation_id="incident")
async def get_incident(request: Request, id: str) -> Response:  # noqa: A002  # the path parameter has this name
    """Return an incident by its number in this service, with or without coordinates: its id in its source, and a link to it there.

    With a key of scope `read:text`, `text` and `address` are the citizen's words and the address, as given.
    """
    service = service_of(request)
    collect_params(request.query_params.multi_items(), ("format",))
    number, form = parse_int("id", id, 1, MAX_BIGINT), read_format(request)
    revision, with_texts = service.replica.revision, may_read_texts(request)
    details = await read_details(service.connect, number, with_texts=with_texts)

    def encode(page: IncidentPage) -> Response:
        row = page.rows[0] | describe_details(details, service.settings.source_links, page.rows[0]["source"], with_texts=with_texts)
        document = {"incident": row, "names": page.names, "time_zone": service.settings.time_zone, "revision": revision}
        return forbid_sharing(render(request, form, Representations(document, lambda: [row])), is_personal=with_texts)

    return await service.replica.run_and_encode(encode, find_incident, number, int(time.time()))


def _read_ingest_request(request: Request) -> tuple[IngestRequest, AsyncGenerator[bytes, None]]:
    """Return the metadata and the body of incidents that are sent. Raises for a caller or a type that is not allowed."""
    caller = authenticate_writer(request)
    params = collect_params(request.query_params.multi_items(), ("source",))
    source = params.get("source", "api")
    if not _SOURCE.fullmatch(source):
        raise InvalidParameter("source", "is not a valid code", "1 to 60 characters without blanks and commas")
    key = idempotency_key(request, caller, _INPUT)
    sender = read_sender(request, caller)
    return IngestRequest(_INPUT, source, source, _has_lines(request), key, sender=sender), read_body(request)


def _has_lines(request: Request) -> bool:
    """Return whether the body is NDJSON, otherwise it is a JSON document. Raises `UnsupportedType`."""
    media_type = request_header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if media_type not in (*_LINE_TYPES, *_DOCUMENT_TYPES):
        raise UnsupportedType(f"unsupported Content-Type {media_type[:60]!r}; allowed: {_DOCUMENT_TYPES[0]}, {_LINE_TYPES[0]}")
    return media_type in _LINE_TYPES
