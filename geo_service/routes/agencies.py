"""The rating of agencies."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.statistics.agency_rating import rate_agencies
from geo_service.queries.selection import read_choice, read_int
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import service_of
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES, TABLE_RESPONSES, docs, parameter

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_MOST = 1_000_000
_OWN = ("min_incidents", "by", "format")
_DOCS = {
    "parameters": [
        *docs("format")["parameters"],
        parameter("min_incidents", "Agencies with fewer incidents are listed, not ranked. Default 20."),
        parameter("by", "Lines of the CSV: agency (the default), or source for one an agency and source."),
    ]
}


@router.get("/agencies", openapi_extra=_DOCS, responses=TABLE_RESPONSES, summary="Rating of agencies", operation_id="agencies")
async def get_agencies(request: Request) -> Response:
    """Agencies by how quickly and punctually they answer, ranked within sources.

    As CSV: a line an agency, or with by=source a line an agency and source.
    """
    service = service_of(request)
    question = selection_query.read_selection(request, service, also=_OWN)
    query, form = dict(request.query_params), read_format(request)
    least = read_int(query, "min_incidents", 1, _MOST, 20)
    by = read_choice(query, "by", ("agency", "source"), "agency")
    revision = service.replica.revision
    table = await service.replica.run(rate_agencies, service.rules, question.selection, question.compare, least)
    document = {**table, **selection_query.resolved(question, service, revision)}
    return render(request, form, Representations(document, lambda: _lines(table["agencies"], by)))


def _lines(agencies: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    if by == "agency":
        return [{name: value for name, value in row.items() if name != "by_source"} for row in agencies]
    return [{"rank": row["rank"], "code": row["code"], "name": row["name"], **one} for row in agencies for one in row["by_source"]]
