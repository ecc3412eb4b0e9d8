"""Incidents out: a page of a list, or one. What a citizen wrote is in neither."""

import time
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.measures.measures import CELL_MEASURES
from geo_service.aggregation.statistics.incident_list import ORDERS
from geo_service.aggregation.statistics.incident_rows import FIELDS, find_incident, list_incidents
from geo_service.core.integers import MAX_BIGINT, parse_int
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.queries.incident_list import DEFAULT_LIMIT, LIST_PARAMETERS, MAX_LIMIT, encode_cursor, read_incident_list
from geo_service.queries.selection import collect_params
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import EXTRA_PARAMETERS, PROBLEM, PROBLEM_RESPONSES, TABLE_RESPONSES, docs, parameter

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["incidents"], responses=PROBLEM_RESPONSES)

_LIST_DOCS = {
    "parameters": [
        *docs("format")["parameters"],
        parameter("cell", f"An H3 cell, resolution {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}: incidents in it."),
        parameter("order", f"{' or '.join(ORDERS)}: the newest first (the default), or open ones by their deadline, the earliest first."),
        parameter("limit", f"Incidents in the answer, 1 to {MAX_LIMIT}; default {DEFAULT_LIMIT}."),
        parameter("after", "`next` of the answer before: what follows in the same order."),
    ]
}
_ONE_DOCS = {"parameters": [parameter("format", EXTRA_PARAMETERS["format"])]}
_ONE_RESPONSES: dict[int | str, dict[str, Any]] = {**TABLE_RESPONSES, 404: {"description": "There is no such incident.", **PROBLEM}}


@router.get("/incidents", openapi_extra=_LIST_DOCS, responses=TABLE_RESPONSES, summary="A list of incidents", operation_id="list_incidents")
async def get_incidents(request: Request) -> Response:
    """A page of the incidents of a selection with their codes, times and places, and the names of these codes."""
    service = service_of(request)
    question = selection_query.read_selection(request, service, also=(*LIST_PARAMETERS, "format"), measures=CELL_MEASURES)
    asked, form = read_incident_list(dict(request.query_params), question), read_format(request)
    revision = service.replica.revision
    page = await service.replica.run(list_incidents, asked)
    following = page.end and encode_cursor(asked.order, page.end)
    document = {
        "order": asked.order.code, "limit": asked.limit, "incidents": page.rows, "next": following, "names": page.names,
        **selection_query.resolved(question, service, revision),
    }  # fmt: skip
    made = render(request, form, Representations(document, lambda: page.rows, columns=FIELDS))
    if following:
        made.headers["Link"] = f'<{request.url.include_query_params(after=following).replace(scheme="", netloc="")}>; rel="next"'
    return made


@router.get("/incidents/{id}", openapi_extra=_ONE_DOCS, responses=_ONE_RESPONSES, summary="One incident", operation_id="incident")
async def get_incident(request: Request, id: str) -> Response:  # noqa: A002  # the part of the path is called so
    """An incident by its number in this service, with a place or without."""
    service = service_of(request)
    collect_params(request.query_params.multi_items(), ("format",))
    number, form = parse_int("id", id, 1, MAX_BIGINT), read_format(request)
    revision = service.replica.revision
    found = await service.replica.run(find_incident, number, int(time.time()))
    document = {
        "incident": found.rows[0], "names": found.names, "time_zone": service.settings.time_zone, "revision": revision
    }  # fmt: skip
    return render(request, form, Representations(document, lambda: found.rows))
