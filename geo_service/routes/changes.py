"""What has changed against an earlier window."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.aggregation.statistics.changes import CHANGE_DIMENSIONS, DIRECTIONS, ChangeOptions, find_changes
from geo_service.core.errors import InvalidParameter
from geo_service.queries.selection import (
    COMPARISONS,
    read_choice,
    read_codes,
    read_int,
    read_level,
    read_optional_cell,
    read_selection_query,
)
from geo_service.routes.common import selection_query
from geo_service.routes.common.dependencies import PlainRoute, service_of
from geo_service.routes.common.table_formats import Representations, read_format, render
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES, TABLE_RESPONSES, docs, parameter
from geo_service.routes.schemas.value_schemas import choice, codes, integer

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["statistics"], responses=PROBLEM_RESPONSES)

_MAX_DIMENSIONS = 2
_DEFAULT_MIN_INCIDENTS, _MAX_MIN_INCIDENTS = 10, 1_000_000
_DEFAULT_LIMIT, _MAX_LIMIT = 50, 10_000
_DEFAULT_COMPARISON = "previous"
_OWN = ("by", "level", "min_incidents", "direction", "limit", "cell", "format")
_NUMBERS = ("n", "n_compared", "expected", "z", "p", "log10_p", "direction")

_DOCS = {
    "parameters": [
        *(given for given in docs("level", "cell", "format")["parameters"] if given["name"] != "compare"),
        parameter(
            "compare",
            f"previous (the default): the equally long window before; year: the same window a year earlier. Default {_DEFAULT_COMPARISON}.",
            schema=choice(COMPARISONS),
        ),
        parameter(
            "by",
            f"One or two dimensions separated by a comma: {', '.join(CHANGE_DIMENSIONS)}.",
            required=True,
            schema=codes(CHANGE_DIMENSIONS, most=_MAX_DIMENSIONS),
        ),
        parameter(
            "min_incidents",
            f"Entries with fewer incidents in each of the two windows are left out. Default {_DEFAULT_MIN_INCIDENTS}.",
            schema=integer(1, _MAX_MIN_INCIDENTS),
        ),
        parameter(
            "direction", "up: more than expected; down: fewer than expected; both (the default).", schema=choice(DIRECTIONS),
        ),
        parameter("limit", f"How many are listed at most. Default {_DEFAULT_LIMIT}.", schema=integer(1, _MAX_LIMIT)),
    ]
}  # fmt: skip


@router.get("/changes", openapi_extra=_DOCS, responses=TABLE_RESPONSES, summary="What has changed", operation_id="changes")
async def get_changes(request: Request) -> Response:
    """Return what differs from the compared window, surest first: n, what was expected, z, and the exact two-sided p."""
    service = service_of(request)
    pairs = request.query_params.multi_items()
    params, form = dict(pairs), read_format(request)
    compared = pairs if "compare" in params else [*pairs, ("compare", _DEFAULT_COMPARISON)]
    query = read_selection_query(compared, service.catalogue, service.zone, extra=_OWN)
    options = ChangeOptions(
        dimensions=[CHANGE_DIMENSIONS[code] for code in read_codes(params, "by", list(CHANGE_DIMENSIONS), _MAX_DIMENSIONS)],
        level=read_level(params),
        min_incidents=read_int(params, "min_incidents", 1, _MAX_MIN_INCIDENTS, _DEFAULT_MIN_INCIDENTS),
        direction=read_choice(params, "direction", DIRECTIONS, DIRECTIONS[0]),
        limit=read_int(params, "limit", 1, _MAX_LIMIT, _DEFAULT_LIMIT),
        cell=read_optional_cell(params),
    )
    if query.compare is None:
        raise InvalidParameter("compare", "is missing", COMPARISONS)
    revision = service.replica.revision
    columns = [*(f"{dimension.code}_{name}" for dimension in options.dimensions for name in ("code", "name_ru", "name_en")), *_NUMBERS]

    def encode(table: dict[str, Any]) -> Response:
        document = {**table, **selection_query.resolved(query, service, revision)}
        return render(request, form, Representations(document, lambda: table["changes"], columns=columns))

    return await service.replica.run_and_encode(encode, find_changes, query.selection, query.compare, options)
