"""Open311 GeoReport v2: services, service requests, and sending of requests."""

import hashlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import asyncpg
from fastapi import APIRouter, Request, Response

from geo_service.core.errors import NotFound, UnsupportedType
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.http.headers import request_header
from geo_service.open311 import documents, report
from geo_service.open311.multipart import MULTIPART, read_multipart
from geo_service.open311.query import ServiceRequestQuery, query_by_ids, read_query
from geo_service.open311.service_requests import fetch_service_requests, to_service_requests
from geo_service.open311.services import code_field, list_services, service_definition
from geo_service.routes.common.auth import authenticate_writer, check_before_body, read_sender
from geo_service.routes.common.dependencies import Service, base_url, service_of
from geo_service.routes.common.ingest_response import collect_results
from geo_service.routes.common.open311_formats import Open311Route, read_arguments, respond, respond_created
from geo_service.routes.common.request_body import idempotency_key, read_body
from geo_service.routes.schemas.open311_docs import POST_DOCS, REQUESTS_DOCS, responses

_FILTERS = ("service_request_id", "service_code", "start_date", "end_date", "status", "updated_after", "page", "page_size")
Extension = Literal["xml", "json"]
_INPUT = "POST /open311/v2/requests"
_SOURCE = "open311"


router = APIRouter(route_class=Open311Route, prefix="/open311", tags=["Open311 GeoReport v2"])


@router.get("/discovery.{extension}", summary="Service discovery", operation_id="open311_discovery", responses=responses(400))
@router.get("/v2/discovery.{extension}", include_in_schema=False)
async def get_discovery(request: Request, extension: Extension) -> Response:
    """Return the endpoint, its formats, and the contact for API keys."""
    read_arguments(request)
    settings = service_of(request).settings
    document = documents.discovery_document(base_url(request), settings.open311_contact, needs_key=not settings.write_open)
    return respond(request, extension, "discovery", document)


@router.get("/v2/services.{extension}", summary="Services", operation_id="open311_services", responses=responses(400, 503))
async def get_services(request: Request, extension: Extension) -> Response:
    """Return one service for each sector and each theme."""
    read_arguments(request)
    service = service_of(request)
    catalogue = service.catalogue
    return await service.encoder.run(lambda: respond(request, extension, "services", list_services(catalogue)))


@router.get("/v2/services/{code:path}.{extension}", summary="A service", operation_id="open311_service", responses=responses(400, 404, 503))
async def get_service(request: Request, code: str, extension: Extension) -> Response:
    """Return the attributes that requests of a service have beside those of the standard."""
    read_arguments(request)
    return respond(request, extension, "service_definition", service_definition(service_of(request).catalogue, code))


@router.get(
    "/v2/requests.{extension}",
    summary="Requests",
    operation_id="open311_requests",
    openapi_extra=REQUESTS_DOCS,
    responses=responses(400, 404, 503),
)
async def get_requests(request: Request, extension: Extension) -> Response:
    """Requests, newest first: received in the last 90 days, received in another interval, or changed since an instant."""
    service = service_of(request)
    filters = read_query(read_arguments(request, *_FILTERS), service.catalogue, service.settings.zone, int(time.time()))
    rows, texts = await _fetch(service, filters), service.settings.open311_texts
    return await service.encoder.run(lambda: respond(request, extension, "service_requests", to_service_requests(rows, texts)))


@router.get("/v2/requests/{number}.{extension}", summary="A request", operation_id="open311_request", responses=responses(400, 404, 503))
async def get_request(request: Request, number: str, extension: Extension) -> Response:
    """Return one request in its current state."""
    read_arguments(request)
    return respond(request, extension, "service_requests", await _fetch_one(request, number))


@router.get(
    "/v2/tokens/{token}.{extension}", summary="The request of a token", operation_id="open311_token", responses=responses(400, 404, 503)
)
async def get_token(request: Request, token: str, extension: Extension) -> Response:
    """Return the id of a token's request. Requests are stored at once, so no tokens are needed: each id is its own token."""
    read_arguments(request)
    requests = await _fetch_one(request, token)
    return respond(request, extension, "service_requests", [{"service_request_id": requests[0]["service_request_id"], "token": token}])


@router.post(
    "/v2/requests.{extension}", summary="Send a request", operation_id="open311_report", status_code=201, openapi_extra=POST_DOCS,
    responses=responses(400, 403, 404, 408, 409, 413, 415, 422, 429, 503, good=201),
)  # fmt: skip
async def post_request(request: Request, extension: Extension) -> Response:
    """Store a request and return its id. Personal data of the sender is not stored."""
    ingest_request, body = await _read_report(request)
    rows, _ = await collect_results(service_of(request).ingest.ingest(ingest_request, body))
    number = report.service_request_id(rows[0])
    document = [{"service_request_id": number, "service_notice": report.service_notice(rows[0]), "account_id": None}]
    return respond_created(extension, "service_requests", document, f"{base_url(request)}/open311/v2/requests/{number}.{extension}")


async def _read_report(request: Request) -> tuple[IngestRequest, AsyncIterator[bytes]]:
    """Return what the ingest needs to store the request that was sent: its metadata, and its body as an incident."""
    api_key = read_arguments(request).get("api_key", "")
    key_in_form = check_before_body(request, api_key)
    form, digest = await _read_form(request, key_in_form)
    caller = authenticate_writer(request, form.get("api_key", "") if key_in_form else api_key)
    key = idempotency_key(request, caller, _INPUT)
    field = code_field(service_of(request).catalogue, form.get("service_code", ""))
    incident = report.to_incident(form, field, key)
    sender = read_sender(request, caller)
    return IngestRequest(_INPUT, _SOURCE, "Open311", key=key, digest=digest, sender=sender), report.stream_incident(incident)


async def _read_form(request: Request, key_in_form: bool) -> tuple[dict[str, str], bytes]:
    """Return the fields that were sent, and the digest of the body. Photographs are discarded, because no media is stored."""
    content_type = request_header(request.scope, b"content-type")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == MULTIPART:
        check = partial(_check_key_of_form, request) if key_in_form else None
        form, digest, _ = await read_multipart(read_body(request), content_type, check)
        return form, digest
    if media_type != report.FORM_TYPE:
        raise UnsupportedType(f"unsupported Content-Type {media_type[:60]!r}; allowed: {report.FORM_TYPE}, {MULTIPART}")
    body = b"".join([part async for part in read_body(request, report.MAX_FORM_BYTES)])
    return report.read_form(body), hashlib.sha256(body).digest()


def _check_key_of_form(request: Request, form: Mapping[str, str]) -> None:
    """Raise `Unauthorised` where the fields that have come so far have no valid key."""
    authenticate_writer(request, form.get("api_key", ""))


async def _fetch(service: Service, filters: ServiceRequestQuery) -> Sequence[asyncpg.Record]:
    async with service.connect("look for requests") as connection:
        return await fetch_service_requests(connection, filters)


async def _fetch_one(request: Request, number: str) -> list[dict[str, Any]]:
    """Return the request with the id, as a list of one. Raises `NotFound`."""
    service = service_of(request)
    requests = to_service_requests(await _fetch(service, query_by_ids(number)), service.settings.open311_texts)
    if len(requests) != 1:
        raise NotFound(f"service_request_id {number[:40]!r} was not found")
    return requests
