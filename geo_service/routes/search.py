"""Search: settlements, districts, agencies, themes, sectors, incidents by number, and addresses."""

from typing import Any

from fastapi import APIRouter, Request, Response

from geo_service.core.extent import widen
from geo_service.queries.search import DEFAULT_LIMIT, DEFAULT_TYPES, LANGUAGES, MAX_LIMIT, MAX_TEXT, TYPES, SearchQuery, read_search
from geo_service.queries.selection import read_selection_query
from geo_service.routes.common.dependencies import PlainRoute, Service, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.common.selection_query import span
from geo_service.routes.schemas.parameter_docs import PROBLEM_RESPONSES, parameter
from geo_service.routes.schemas.value_schemas import choice, codes, integer
from geo_service.search.searcher import SearchAnswer

router = APIRouter(route_class=PlainRoute, prefix="/api", tags=["search"], responses=PROBLEM_RESPONSES)

_MARGIN_DEGREES = 1.0
"""Around the bounds of the incidents: settlements outside of all districts are found where the map names them."""
_DOCS = {
    "parameters": [
        parameter(
            "q", f"What is searched: a name, its beginning, or a number; 1 to {MAX_TEXT} characters.", required=True,
            schema={"type": "string", "minLength": 1, "maxLength": MAX_TEXT},
        ),
        parameter("lang", "ru (the default) or en: the language of `label`.", schema=choice(LANGUAGES)),
        parameter("limit", f"Results of each type, 1 to {MAX_LIMIT}; default {DEFAULT_LIMIT}.", schema=integer(1, MAX_LIMIT)),
        parameter(
            "types", f"Comma-separated types; default {','.join(DEFAULT_TYPES)}. Addresses are searched only if they are named: the text "
            "is then sent to the geocoding server.", schema=codes(TYPES),
        ),
    ]
}  # fmt: skip
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "What was found, the best first.", "content": {"application/json": {}}},
    304: {"description": "The client's copy is still valid."},
}


@router.get("/search", openapi_extra=_DOCS, responses=_RESPONSES, summary="Search", operation_id="search")
async def get_search(request: Request) -> Response:
    """Return what is called so, the best first: names are compared regardless of ё, hyphens, alphabet and small mistakes."""
    service = service_of(request)
    wanted = read_search(request.query_params.multi_items())
    counted = read_selection_query((), service.catalogue, service.zone)
    revision = service.replica.revision
    boxes = widen(await service.replica.run_or_recall("bounds of settlements", service.hexes.bounds), _MARGIN_DEGREES)
    answer = await service.search.search(service.catalogue, wanted, counted.selection, boxes, service.connect)

    def encode() -> Response:
        document = {**_describe(service, wanted, answer), "window": span(counted.selection), "revision": revision}
        return json_answer(request, document)

    return await service.search.thread.run(encode)


def _describe(service: Service, wanted: SearchQuery, answer: SearchAnswer) -> dict[str, Any]:
    return {
        "query": wanted.text,
        "types": wanted.types,
        "results": answer.results,
        "unavailable": answer.unavailable,
        "address_search": service.search.has_addresses,
        "attribution": answer.attribution,
    }
