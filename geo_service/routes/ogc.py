"""OGC API – Features: districts and hexagons for GIS programs."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from geo_service.aggregation.measures.query import Query
from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.instants import format_instant
from geo_service.ogc import documents
from geo_service.ogc.collection import FeatureCollection, FeatureQuery
from geo_service.ogc.districts import DistrictCollection
from geo_service.ogc.hexes import HexCollection
from geo_service.ogc.openapi import openapi
from geo_service.ogc.query import read_bbox, read_datetime, read_limit, read_offset
from geo_service.queries.selection import (
    SELECTION_PARAMETERS,
    collect_params,
    read_choice,
    read_int,
    read_optional_level,
    read_selection_query,
)
from geo_service.routes.common.dependencies import Service, base_url, service_of
from geo_service.routes.common.raw_route import PlainRoute
from geo_service.routes.common.responses import bytes_answer, json_answer
from geo_service.routes.schemas.parameter_docs import PARAMETERS, PROBLEM_RESPONSES


def _typed(media_type: str) -> dict[int | str, dict[str, Any]]:
    """What is answered in another type than JSON."""
    return {200: {"description": "The document.", "content": {media_type: {}}}}


router = APIRouter(route_class=PlainRoute, prefix="/ogc", tags=["OGC API – Features"], responses=PROBLEM_RESPONSES)

_ABOUT = tuple(name for name in SELECTION_PARAMETERS if name != "measure")
"""Of the selection: all measures are in the features anyway."""
_ITEMS = ("bbox", "datetime", "limit", "offset", "f")
_WINDOWS = ("window", "from", "to")


@router.get("/", summary="Landing page", operation_id="ogc_landing")
@router.get("", include_in_schema=False)
async def get_landing(request: Request) -> Response:
    """Links to everything below."""
    _plain(request)
    return json_answer(request, documents.landing(_root(request)))


@router.get("/conformance", summary="Conformance classes", operation_id="ogc_conformance")
async def get_conformance(request: Request) -> Response:
    """Core, GeoJSON and OpenAPI 3.0 of OGC API – Features, Part 1."""
    _plain(request)
    return json_answer(request, {"conformsTo": documents.CONFORMS_TO})


@router.get("/api", summary="OpenAPI 3.0 document", operation_id="ogc_api", responses=_typed(documents.OPENAPI))
async def get_api(request: Request) -> Response:
    """The definition of what is below /ogc."""
    _plain(request)
    described = [one.description for one in _collections(service_of(request)).values()]
    meanings = {name: PARAMETERS[name] for name in _ABOUT}
    document = openapi(_root(request), request.app.version, described, meanings)
    return json_answer(request, document, media_type=documents.OPENAPI)


@router.get("/collections", summary="The collections", operation_id="ogc_collections")
async def get_collections(request: Request) -> Response:
    """Districts and hexagons."""
    _plain(request)
    service = service_of(request)
    described = [await _described(request, service, one) for one in _collections(service).values()]
    return json_answer(request, documents.collections(_root(request), described))


@router.get("/collections/{name}", summary="A collection", operation_id="ogc_collection")
async def get_collection(request: Request, name: str) -> Response:
    """Where and when its features are, and links to them."""
    _plain(request)
    service = service_of(request)
    return json_answer(request, await _described(request, service, _named(service, name)))


@router.get("/collections/{name}/items", summary="Features of a collection", operation_id="ogc_items", responses=_typed(documents.GEOJSON))
async def get_items(request: Request, name: str) -> Response:
    """A page of features with their numbers for the selection, as GeoJSON."""
    service = service_of(request)
    chosen = _named(service, name)
    given, question = _question(request, service, (*_ITEMS, *chosen.description.parameters))
    asked = FeatureQuery(
        question, read_bbox(given), read_limit(given), read_offset(given), read_optional_level(given),
        read_int(given, "resolution", 1, 10) if "resolution" in given else None,
    )  # fmt: skip
    page = await service.replica.run(chosen.find, asked)
    root = _root(request)
    document = documents.items(
        f"{root}/collections/{name}/items", root, name, request.query_params.multi_items(), page, asked.offset, asked.limit,
        format_instant(question.selection.now),
    )  # fmt: skip
    return _features(request, document)


@router.get("/collections/{name}/items/{feature:path}", summary="A feature", operation_id="ogc_item", responses=_typed(documents.GEOJSON))
async def get_item(request: Request, name: str, feature: str) -> Response:
    """One feature with its numbers for the selection, as GeoJSON."""
    service = service_of(request)
    chosen = _named(service, name)
    _, question = _question(request, service, ("datetime", "f"))
    found = await service.replica.run(chosen.one, feature, FeatureQuery(question))
    return _features(request, documents.item(_root(request), name, request.query_params.multi_items(), found))


def _collections(service: Service) -> dict[str, FeatureCollection]:
    all_of_them: tuple[FeatureCollection, ...] = (DistrictCollection(service.districts), HexCollection(service.hexes))
    return {one.description.id: one for one in all_of_them}


def _named(service: Service, name: str) -> FeatureCollection:
    known = _collections(service)
    if name not in known:
        raise NotFound(f"there is no collection {name[:40]!r}; collections: {', '.join(known)}")
    return known[name]


async def _described(request: Request, service: Service, one: FeatureCollection) -> dict[str, Any]:
    extent, held = await service.replica.run(lambda state: (one.extent(state), state.columns.extent()))
    interval = (format_instant(held[0]), format_instant(held[1])) if held else None
    return documents.collection(_root(request), one.description, extent, interval)


def _question(request: Request, service: Service, own: tuple[str, ...]) -> tuple[dict[str, str], Query]:
    """The parameters, and the question they ask; `datetime` stands for the window."""
    query = request.query_params.multi_items()
    given = collect_params(query, (*_ABOUT, *own))
    _form(given)
    span = read_datetime(given, service.settings.zone)
    if span is not None:
        if any(name in given for name in _WINDOWS):
            raise InvalidParameter("datetime", "cannot stand beside window, from or to", "either datetime or these")
        query = [*query, ("from", format_instant(span[0])), ("to", format_instant(span[1]))]
    return given, read_selection_query(query, service.catalogue, service.settings.zone, extra=own)


def _plain(request: Request) -> None:
    """Nothing can be asked of a document but its form."""
    _form(collect_params(request.query_params.multi_items(), ("f",)))


def _form(given: dict[str, str]) -> None:
    read_choice(given, "f", ["json"], "json")


def _features(request: Request, document: Any) -> Response:
    answer = bytes_answer(request, orjson.dumps(document), "no-cache", documents.GEOJSON)
    answer.headers["Content-Crs"] = f"<{documents.CRS84}>"
    return answer


def _root(request: Request) -> str:
    return f"{base_url(request)}/ogc"
