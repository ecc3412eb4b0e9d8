"""The trend of the time to the first answer."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.statistics.answer_times import (
    BUCKETS,
    GROUPS,
    MAX_SERIES,
    AnswerTimeOptions,
    compute_answer_times,
    flatten_answer_times,
)
from geo_service.core.errors import InvalidParameter
from geo_service.queries.selection import read_choice, read_selection_query
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES, TABLE_RESPONSES, docs, parameter
from geo_service.routes.schemas.value_schemas import choice

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_OWN = ("by", "group", "format")
_WITHOUT = ("compare", "measure", "window")
"""Parameters of the selection that are described otherwise here, or have no meaning: years are compared, and one number is given."""
_WINDOW = next(given for given in docs()["parameters"] if given["name"] == "window")
_DOCS = {
    "parameters": [
        *(given for given in docs("format")["parameters"] if given["name"] not in _WITHOUT),
        {**_WINDOW, "description": "Time back from now: 24h, 3d, 7d, 30d, 12w, 1y. Default: all data."},
        parameter("by", f"Cohorts by time of receipt: {', '.join(BUCKETS)}. Default {BUCKETS[0]}.", schema=choice(BUCKETS)),
        parameter(
            "group",
            f"Adds a series for each entry of {', '.join(GROUPS)}: of the {MAX_SERIES} entries with most incidents.",
            schema=choice(GROUPS),
        ),
    ]
}
_ALL_DATA = ("from", "1970-01-01T00:00:00Z")
_COLUMNS = ("code", "name_ru", "name_en", "from", "to")


@router.get(
    "/answer_times", openapi_extra=_DOCS, responses=TABLE_RESPONSES, summary="Trend of the time to the first answer",
    operation_id="answer_times",
)  # fmt: skip
async def get_answer_times(request: Request) -> Response:
    """Return median and 90th percentile of the wait for the first answer by month of receipt; over all data unless a window is given.

    Waits that go on are counted as such, so that recent months do not look fast. CSV has one row for each series and month.
    """
    service = service_of(request)
    pairs = request.query_params.multi_items()
    params, form = dict(pairs), read_format(request)
    for name in ("compare", "measure"):
        if name in params:
            raise InvalidParameter(name, "has no meaning here", "leave it out: years are compared, and answer times are given")
    windowed = pairs if params.keys() & {"window", "from", "to"} else [*pairs, _ALL_DATA]
    query = read_selection_query(windowed, service.catalogue, service.zone, extra=_OWN)
    group = read_choice(params, "group", list(GROUPS)) if "group" in params else None
    options = AnswerTimeOptions(service.zone, read_choice(params, "by", BUCKETS, BUCKETS[0]), group)
    revision = service.replica.revision

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        return render(request, form, Representations(document, lambda: flatten_answer_times(table), columns=_COLUMNS))

    return await service.replica.run_and_encode(encode, compute_answer_times, query.selection, options)
