"""The rating of agencies."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.statistics.agency_rating import rate_agencies
from geo_service.queries.selection import read_choice, read_int
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES, TABLE_RESPONSES, docs, parameter
from geo_service.routes.schemas.value_schemas import choice, integer

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_DEFAULT_MIN_INCIDENTS, _MAX_MIN_INCIDENTS = 20, 1_000_000
_ORDERS = ("best", "worst")
_DOCS = {
    "parameters": [
        *docs("format")["parameters"],
        parameter(
            "min_incidents",
            f"Agencies with fewer incidents are listed without a rank. Default {_DEFAULT_MIN_INCIDENTS}.",
            schema=integer(1, _MAX_MIN_INCIDENTS),
        ),
        parameter(
            "by",
            "Rows of tables: agency (the default), or source for one row for each agency, source and rule of deadlines.",
            schema=choice(("agency", "source")),
        ),
        parameter("order", "best (the default) or worst first; agencies without a rank are last.", schema=choice(_ORDERS)),
    ]
}


@router.get("/agencies", openapi_extra=_DOCS, responses=TABLE_RESPONSES, summary="Rating of agencies", operation_id="agencies")
async def get_agencies(request: Request) -> Response:
    """Return agencies ranked by how quickly and how punctually they answer, compared within sources.

    CSV has one row for each agency, or with by=source one row for each agency, source and rule of deadlines.
    """
    service = service_of(request)
    query = selection_query.read_selection(request, service, also=("min_incidents", "by", "order", "format"))
    params, form = dict(request.query_params), read_format(request)
    min_incidents = read_int(params, "min_incidents", 1, _MAX_MIN_INCIDENTS, _DEFAULT_MIN_INCIDENTS)
    by = read_choice(params, "by", ("agency", "source"), "agency")
    rate = partial(rate_agencies, worst_first=read_choice(params, "order", _ORDERS, "best") == "worst")
    revision = service.replica.revision

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        return render(request, form, Representations(document, lambda: _csv_rows(table["agencies"], by)))

    return await service.replica.run_and_encode(encode, rate, service.rules, query.selection, query.compare, min_incidents)


def _csv_rows(agencies: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    if by == "agency":
        return [{name: value for name, value in row.items() if name != "by_source"} for row in agencies]
    return [{"rank": row["rank"], "code": row["code"], "name": row["name"], **part} for row in agencies for part in row["by_source"]]
