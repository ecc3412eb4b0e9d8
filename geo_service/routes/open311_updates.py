"""Updates of service requests, an extension of Open311 by FixMyStreet: changes of status are read, comments and statuses sent."""

import time
from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Request, Response

from geo_service.open311.updates import fetch_updates, read_update, read_update_query, store_update
from geo_service.routes.common.auth import is_operator
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.open311_form import read_sent_form
from geo_service.routes.common.open311_formats import Open311Route, link_pages, read_arguments, respond, respond_created
from geo_service.routes.schemas.open311_docs import POST_UPDATE_DOCS, UPDATES_DOCS, responses

_FILTERS = ("service_request_id", "start_date", "end_date", "page_size", "after")
Extension = Literal["xml", "json"]

router = APIRouter(route_class=Open311Route, prefix="/open311", tags=["Open311 GeoReport v2"])


@router.get(
    "/v2/servicerequestupdates.{extension}", summary="Changes of status", operation_id="open311_updates", openapi_extra=UPDATES_DOCS,
    responses=responses(400, 503),
)  # fmt: skip
async def get_updates(request: Request, extension: Extension) -> Response:
    """Return the changes of status recorded in an interval, by default the last 90 days, oldest first. Each has an id of its own."""
    service = service_of(request)
    filters = read_update_query(read_arguments(request, *_FILTERS), service.settings.zone, int(time.time()))
    operator = is_operator(request)
    async with service.connect("look for updates") as connection:
        updates, following = await fetch_updates(connection, filters, with_texts=operator)

    def encode() -> Response:
        response = respond(request, extension, "service_request_updates", updates, is_private=operator)
        return link_pages(request, response, following)

    return await service.encoder.run(encode)


@router.post(
    "/v2/servicerequestupdates.{extension}", summary="Send an update", operation_id="open311_send_update", status_code=201,
    openapi_extra=POST_UPDATE_DOCS, responses=responses(400, 403, 404, 408, 413, 415, 503, good=201),
)  # fmt: skip
async def post_update(request: Request, extension: Extension) -> Response:
    """Store a comment on a request, and change its status if the update says so. Personal data of the sender is not stored."""
    form = await read_sent_form(request)
    service = service_of(request)
    update = read_update(form.fields, service.settings.zone, datetime.now(UTC))
    async with service.connect("store an update") as connection:
        update_id = await store_update(connection, update)
    return respond_created(extension, "service_request_updates", [{"update_id": update_id, "update_notice": update.notice}])
