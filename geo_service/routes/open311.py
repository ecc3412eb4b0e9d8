"""Open311 GeoReport v2: services, service requests, and sending of requests."""

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from geo_service.core.errors import NotFound
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.core.media_urls import read_media
from geo_service.open311 import documents, report
from geo_service.open311.query import query_by_ids, read_query
from geo_service.open311.service_requests import complete_request, fetch_service_requests
from geo_service.open311.services import code_field, list_services, service_definition
from geo_service.routes.common.auth import is_operator, read_sender
from geo_service.routes.common.dependencies import base_url, service_of
from geo_service.routes.common.ingest_response import collect_results
from geo_service.routes.common.open311_form import read_sent_form
from geo_service.routes.common.open311_formats import Open311Route, link_pages, read_arguments, respond, respond_created
from geo_service.routes.common.request_body import idempotency_key
from geo_service.routes.schemas.open311_docs import POST_DOCS, REQUESTS_DOCS, responses

_FILTERS = ("service_request_id", "service_code", "start_date", "end_date", "status", "updated_after", "page", "page_size", "after")
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
    operator = is_operator(request)
    async with service.connect("look for requests") as connection:
        page = await fetch_service_requests(connection, filters, service.settings.open311_texts, with_media=operator)

    def encode() -> Response:
        response = respond(request, extension, "service_requests", page.requests, is_private=operator)
        return response if filters.ids is not None else link_pages(request, response, page.following)

    return await service.encoder.run(encode)


@router.get("/v2/requests/{number}.{extension}", summary="A request", operation_id="open311_request", responses=responses(400, 404, 503))
async def get_request(request: Request, number: str, extension: Extension) -> Response:
    """Return one request in its current state."""
    read_arguments(request)
    requests, operator = await _fetch_one(request, number)
    return respond(request, extension, "service_requests", requests, is_private=operator)


@router.get(
    "/v2/tokens/{token}.{extension}", summary="The request of a token", operation_id="open311_token", responses=responses(400, 404, 503)
)
async def get_token(request: Request, token: str, extension: Extension) -> Response:
    """Return the id of a token's request. Requests are stored at once, so no tokens are needed: each id is its own token."""
    read_arguments(request)
    requests, _ = await _fetch_one(request, token)
    return respond(request, extension, "service_requests", [{"service_request_id": requests[0]["service_request_id"], "token": token}])


@router.post(
    "/v2/requests.{extension}", summary="Send a request", operation_id="open311_report", status_code=201, openapi_extra=POST_DOCS,
    responses=responses(400, 403, 404, 408, 409, 413, 415, 422, 429, 503, good=201),
)  # fmt: skip
async def post_request(request: Request, extension: Extension) -> Response:
    """Store a request and return its id. Personal data of the sender is not stored."""
    service = service_of(request)
    ingest_request, body, form = await _read_report(request)
    rows, _ = await collect_results(service.ingest.ingest(ingest_request, body))
    number = report.service_request_id(rows[0])
    urls, media_notice = read_media(form.get("media_url", ""))
    async with service.connect("store a request") as connection:
        is_outside = await complete_request(connection, int(number), urls, has_districts=bool(service.catalogue.districts.all))
    notice = report.service_notice(rows[0], media_notice, is_outside=is_outside)
    document = [{"service_request_id": number, "service_notice": notice, "account_id": None}]
    return respond_created(extension, "service_requests", document, f"{base_url(request)}/open311/v2/requests/{number}.{extension}")


async def _read_report(request: Request) -> tuple[IngestRequest, AsyncIterator[bytes], Mapping[str, str]]:
    """Return what the ingest needs to store the request that was sent: its metadata, its body as an incident; and the form."""
    form = await read_sent_form(request)
    key = idempotency_key(request, form.caller, _INPUT)
    field = code_field(service_of(request).catalogue, form.fields.get("service_code", ""))
    incident = report.to_incident(form.fields, field, key)
    sender = read_sender(request, form.caller)
    ingest_request = IngestRequest(_INPUT, _SOURCE, "Open311", key=key, digest=form.digest, sender=sender)
    return ingest_request, report.stream_incident(incident), form.fields


async def _fetch_one(request: Request, number: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the request with the id, as a list of one, and whether an operator asks. Raises `NotFound`."""
    service, operator = service_of(request), is_operator(request)
    filters = query_by_ids(number)
    async with service.connect("look for requests") as connection:
        page = await fetch_service_requests(connection, filters, service.settings.open311_texts, with_media=operator)
    if len(page.requests) != 1:
        raise NotFound(f"service_request_id {number[:40]!r} was not found")
    return page.requests, operator
