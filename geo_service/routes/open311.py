"""Open311 GeoReport v2: what can be reported, what has been, and reporting."""

import hashlib
import time
from collections.abc import AsyncIterator
from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from geo_service.core.errors import NotFound, NotReady, UnsupportedType
from geo_service.core.ingest_protocol import IngestRequest
from geo_service.http.headers import request_header
from geo_service.open311 import documents, report
from geo_service.open311.multipart import MULTIPART, read_multipart
from geo_service.open311.query import ServiceRequestQuery, by_ids, read_query
from geo_service.open311.service_requests import find
from geo_service.open311.services import definition, known, services
from geo_service.routes.common.auth import authenticate_writer
from geo_service.routes.common.dependencies import Service, base_url, service_of
from geo_service.routes.common.ingest_response import collected
from geo_service.routes.common.open311_formats import Open311Route, read_arguments, respond, respond_created
from geo_service.routes.common.request_body import idempotency_key, read_body
from geo_service.routes.schemas.open311_docs import POST_DOCS, REQUESTS_DOCS, responses

_FILTERS = ("service_request_id", "service_code", "start_date", "end_date", "status", "updated_after", "page", "page_size")
Form = Literal["xml", "json"]
_INPUT = "POST /open311/v2/requests"
_SOURCE = "open311"


router = APIRouter(route_class=Open311Route, prefix="/open311", tags=["Open311 GeoReport v2"])


@router.get("/discovery.{form}", summary="Service discovery", operation_id="open311_discovery", responses=responses(400))
@router.get("/v2/discovery.{form}", include_in_schema=False)
async def get_discovery(request: Request, form: Form) -> Response:
    """Where the endpoint is, its formats, and whom to ask for a key."""
    settings = service_of(request).settings
    document = documents.discovery(base_url(request), settings.open311_contact, needs_key=not settings.write_open)
    return respond(request, form, "discovery", document)


@router.get("/v2/services.{form}", summary="What can be reported", operation_id="open311_services", responses=responses(400, 503))
async def get_services(request: Request, form: Form) -> Response:
    """A service for each sector and each theme."""
    read_arguments(request)
    return respond(request, form, "services", services(service_of(request).catalogue))


@router.get("/v2/services/{code:path}.{form}", summary="A service", operation_id="open311_service", responses=responses(400, 404, 503))
async def get_service(request: Request, code: str, form: Form) -> Response:
    """Attributes of its requests beside those of the standard."""
    read_arguments(request)
    return respond(request, form, "service_definition", definition(service_of(request).catalogue, code))


@router.get(
    "/v2/requests.{form}",
    summary="Requests",
    operation_id="open311_requests",
    openapi_extra=REQUESTS_DOCS,
    responses=responses(400, 404, 503),
)
async def get_requests(request: Request, form: Form) -> Response:
    """Newest first: those received in the last 90 days, or in a span of up to 90 days, or changed since an instant."""
    service = service_of(request)
    question = read_query(read_arguments(request, *_FILTERS), service.catalogue, service.settings.zone, int(time.time()))
    return respond(request, form, "service_requests", await _found(service, question))


@router.get("/v2/requests/{number}.{form}", summary="A request", operation_id="open311_request", responses=responses(400, 404, 503))
async def get_request(request: Request, number: str, form: Form) -> Response:
    """As it stands now."""
    read_arguments(request)
    return respond(request, form, "service_requests", await _one(request, number))


@router.get("/v2/tokens/{token}.{form}", summary="The request of a token", operation_id="open311_token", responses=responses(400, 404, 503))
async def get_token(request: Request, token: str, form: Form) -> Response:
    """Requests are stored at once and answered by their id, so no tokens are given out: an id is its own."""
    read_arguments(request)
    found = await _one(request, token)
    return respond(request, form, "service_requests", [{"service_request_id": found[0]["service_request_id"], "token": token}])


@router.post(
    "/v2/requests.{form}", summary="Report", operation_id="open311_report", status_code=201, openapi_extra=POST_DOCS,
    responses=responses(400, 403, 404, 408, 409, 413, 415, 422, 503, good=201),
)  # fmt: skip
async def post_request(request: Request, form: Form) -> Response:
    """A new request; its id. Who sends it is not kept."""
    delivery, row = await _delivery(request)
    rows, _ = await collected(service_of(request).ingest.ingest(delivery, row))
    number = report.number(rows[0])
    document = [{"service_request_id": number, "service_notice": report.notice(rows[0]), "account_id": None}]
    return respond_created(form, "service_requests", document, f"{base_url(request)}/open311/v2/requests/{number}.{form}")


async def _delivery(request: Request) -> tuple[IngestRequest, AsyncIterator[bytes]]:
    form, digest = await _form(request)
    caller = authenticate_writer(request, form.get("api_key") or read_arguments(request).get("api_key", ""))
    key = idempotency_key(request, caller, _INPUT)
    member = known(service_of(request).catalogue, form.get("service_code", ""))
    row = report.incident(form, member, key)
    return IngestRequest(_INPUT, _SOURCE, "Open311", key=key, digest=digest), report.body(row)


async def _form(request: Request) -> tuple[dict[str, str], bytes]:
    """The arguments that were sent, and the digest of the body. Photographs are passed over: no media are kept here."""
    given = request_header(request.scope, b"content-type")
    kind = given.partition(";")[0].strip().lower()
    if kind == MULTIPART:
        form, digest, _ = await read_multipart(read_body(request), given)
        return form, digest
    if kind != report.FORM:
        raise UnsupportedType(f"a body of the type {kind[:60]!r} is not read here; allowed: {report.FORM}, {MULTIPART}")
    body = b"".join([part async for part in read_body(request, report.MOST_BYTES)])
    return report.read_form(body), hashlib.sha256(body).digest()


async def _found(service: Service, question: ServiceRequestQuery) -> list[dict[str, Any]]:
    if service.pool is None:
        raise NotReady("the service is starting; try again shortly")
    return await find(service.pool, question, service.settings.open311_texts)


async def _one(request: Request, number: str) -> list[dict[str, Any]]:
    found = await _found(service_of(request), by_ids(number))
    if len(found) != 1:
        raise NotFound(f"service_request_id {number[:40]!r} was not found")
    return found
