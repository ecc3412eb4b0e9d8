"""The weekly report, as a page to read and to print."""

import time

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse

from geo_service.http.headers import request_header
from geo_service.queries.selection import collect_params
from geo_service.reports.formats.html import MEDIA_TYPE, content_security_policy
from geo_service.reports.request import LANGUAGES, ReportRequest, read_district, read_language
from geo_service.reports.week import read_week
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.responses import encoded_answer
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES, parameter
from geo_service.routes.schemas.value_schemas import ANY_CODE, ISO_WEEK, choice

router = APIRouter(route_class=PlainRoute, tags=["statistics"], responses=PROBLEM_RESPONSES)

_DOCS = {
    "parameters": [
        parameter("week", "ISO week in the service's time zone, such as 2026-W48. Default: the last whole week.", schema=ISO_WEEK),
        parameter("district", "Code of a district of any level; its descendants are included. Default: everything.", schema=ANY_CODE),
        parameter("lang", "ru or en. Default: the first of Accept-Language that there is, else ru.", schema=choice(LANGUAGES)),
    ]
}


@router.get(
    "/report", openapi_extra=_DOCS, response_class=HTMLResponse, summary="The weekly report", operation_id="report",
    responses={200: {"description": "The page."}, 304: {"description": "The client's copy is still valid."}},
)  # fmt: skip
async def get_report(request: Request) -> Response:
    """Return the report of a week as one page without scripts: headline, map, red places, themes, systemic problems, agencies.

    The report of a past week is the same as long as the data are.
    """
    service = service_of(request)
    params = collect_params(request.query_params.multi_items(), ("week", "district", "lang"))
    language = read_language(params.get("lang"), request_header(request.scope, b"accept-language"))
    week = read_week(params.get("week"), service.zone, time.time())
    asked = ReportRequest(week, read_district(params.get("district"), service.catalogue), language)
    page = await service.reports.make_html(asked, service.alerts.board, service.connect, asked.live_path)
    answer = await encoded_answer(request, page, service.encoder, MEDIA_TYPE)
    answer.headers["Vary"] = "Accept-Encoding, Accept-Language"
    answer.headers["Content-Security-Policy"] = content_security_policy()
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer
