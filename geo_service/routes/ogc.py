"""OGC API – Features: districts and hexagons for GIS software."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.measures.query import Query
from geo_service.core.errors import InvalidParameter, NotFound
from geo_service.core.instants import format_instant
from geo_service.core.integers import shorten
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION, DistrictLevel
from geo_service.ogc import documents
from geo_service.ogc.collection import Feature, FeatureCollection, FeaturePage, FeatureQuery
from geo_service.ogc.crs import Crs, read_crs
from geo_service.ogc.districts import DistrictCollection
from geo_service.ogc.hexes import OWN_COLLECTIONS, HexCollection
from geo_service.ogc.openapi import openapi_document
from geo_service.ogc.query import read_bbox, read_datetime, read_limit, read_offset
from geo_service.queries.selection import (
    SELECTION_PARAMETERS,
    collect_params,
    read_choice,
    read_int,
    read_optional_level,
    read_selection_query,
)
from geo_service.routes.common.dependencies import PlainRoute, Service, base_url, service_of
from geo_service.routes.common.responses import bytes_answer, json_answer
from geo_service.routes.schemas.parameter_docs import PARAMETERS, PROBLEM_RESPONSES


def _docs_of(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a document whose type is not JSON."""
    return {200: {"description": "The document.", "content": {media_type: {}}}}


router = APIRouter(route_class=PlainRoute, prefix="/ogc", tags=["OGC API – Features"], responses=PROBLEM_RESPONSES)

_SELECTION = tuple(name for name in SELECTION_PARAMETERS if name != "measure")
"""Parameters of the selection. Which measures features have only on request depends on the collection."""
_ITEMS = ("bbox", "bbox-crs", "crs", "datetime", "limit", "offset", "f")
_WINDOW = ("window", "from", "to")


@router.get("/", summary="Landing page", operation_id="ogc_landing")
@router.get("", include_in_schema=False)
async def get_landing(request: Request) -> Response:
    """Return links to the documents below /ogc."""
    _check_params(request)
    return json_answer(request, documents.landing_page(_root(request)))


@router.get("/conformance", summary="Conformance classes", operation_id="ogc_conformance")
async def get_conformance(request: Request) -> Response:
    """Return the conformance classes of OGC API – Features: Core, GeoJSON and OpenAPI 3.0 of Part 1, and Part 2."""
    _check_params(request)
    return json_answer(request, {"conformsTo": documents.CONFORMS_TO})


@router.get("/api", summary="OpenAPI 3.0 document", operation_id="ogc_api", responses=_docs_of(documents.OPENAPI))
async def get_api(request: Request) -> Response:
    """Return the definition of the API below /ogc."""
    _check_params(request)
    descriptions = [collection.description for collection in _collections(service_of(request)).values()]
    selection = {name: PARAMETERS[name] for name in _SELECTION}
    document = openapi_document(_root(request), request.app.version, descriptions, selection)
    return json_answer(request, document, media_type=documents.OPENAPI)


@router.get("/collections", summary="The collections", operation_id="ogc_collections")
async def get_collections(request: Request) -> Response:
    """Return the collections of districts and hexagons."""
    _check_params(request)
    service = service_of(request)
    collections = await _collection_documents(request, service, list(_collections(service).values()))
    return json_answer(request, documents.collections_document(_root(request), collections))


@router.get("/collections/{name}", summary="A collection", operation_id="ogc_collection")
async def get_collection(request: Request, name: str) -> Response:
    """Return the extent of a collection in space and time, and links to its features."""
    _check_params(request)
    service = service_of(request)
    return json_answer(request, (await _collection_documents(request, service, [_find_collection(service, name)]))[0])


@router.get(
    "/collections/{name}/items", summary="Features of a collection", operation_id="ogc_items", responses=_docs_of(documents.GEOJSON)
)
@router.get("/collections/{name}/items/", include_in_schema=False)
async def get_items(request: Request, name: str) -> Response:
    """Return a page of features with their numbers for the selection, as GeoJSON."""
    service = service_of(request)
    collection = _find_collection(service, name)
    params, query = _read_query(request, service, (*_ITEMS, *collection.description.parameters), collection)
    features = FeatureQuery(
        query, read_bbox(params, read_crs(params, "bbox-crs")), read_limit(params), read_offset(params), read_optional_level(params),
        read_int(params, "resolution", COARSEST_RESOLUTION, FINEST_RESOLUTION) if "resolution" in params else None, read_crs(params, "crs"),
    )  # fmt: skip
    pairs, computed_at = request.query_params.multi_items(), format_instant(query.selection.now)

    def encode(page: FeaturePage) -> Response:
        return _geojson_response(request, documents.items_document(_root(request), name, pairs, page, features, computed_at), features.crs)

    return await service.replica.run_and_encode(encode, collection.find, features)


@router.get("/collections/{name}/items/{feature:path}", summary="A feature", operation_id="ogc_item", responses=_docs_of(documents.GEOJSON))
async def get_item(request: Request, name: str, feature: str) -> Response:
    """Return one feature with its numbers for the selection, as GeoJSON."""
    service = service_of(request)
    collection = _find_collection(service, name)
    params, query = _read_query(request, service, ("crs", "datetime", "f"), collection)
    features = FeatureQuery(query, crs=read_crs(params, "crs"))
    pairs = request.query_params.multi_items()

    def encode(item: Feature) -> Response:
        return _geojson_response(request, documents.item_document(_root(request), name, pairs, item), features.crs)

    return await service.replica.run_and_encode(encode, collection.get, feature, features)


def _collections(service: Service) -> dict[str, FeatureCollection]:
    """Return the collections by their ids: districts by level, hexagons by resolution.

    A level without any unit has no collection but that of districts. Raises `NotReady` before the first load.
    """
    levels = {DistrictLevel.DISTRICT, *(district.level for district in service.catalogue.districts.all)}
    collections: list[FeatureCollection] = [DistrictCollection(level) for level in DistrictLevel if level in levels]
    collections += [HexCollection(service.hexes, resolution) for resolution in (None, *OWN_COLLECTIONS)]
    return {collection.description.id: collection for collection in collections}


def _find_collection(service: Service, name: str) -> FeatureCollection:
    """Return the collection. Raises `NotFound`."""
    collections = _collections(service)
    if name not in collections:
        raise NotFound(f"there is no collection {shorten(name)!r}; collections: {', '.join(collections)}")
    return collections[name]


async def _collection_documents(request: Request, service: Service, collections: Sequence[FeatureCollection]) -> list[dict[str, Any]]:
    """Return the documents of these collections, all from one state of the incidents."""
    key = "extents", tuple(collection.description.id for collection in collections)
    extents, times = await service.replica.run_or_recall(
        key, lambda state: ([collection.extent(state) for collection in collections], state.columns.extent())
    )
    interval = documents.enclosing_days(*times, service.settings.zone) if times else None
    return [
        documents.collection_document(_root(request), collection.description, bounds, interval)
        for collection, bounds in zip(collections, extents, strict=True)
    ]


def _read_query(
    request: Request, service: Service, own: tuple[str, ...], collection: FeatureCollection
) -> tuple[dict[str, str], Query]:  # fmt: skip
    """Return the parameters, and the query of the selection, whose window `datetime` may replace.

    own: parameters beside those of the selection. Raises `InvalidParameter`.
    """
    pairs = request.query_params.multi_items()
    params = collect_params(pairs, (*SELECTION_PARAMETERS, *own))
    _check_format(params)
    window = read_datetime(params, service.settings.zone)
    if window is not None:
        if any(name in params for name in _WINDOW):
            raise InvalidParameter("datetime", "cannot be combined with window, from or to", "either datetime, or one of these")
        pairs = [*pairs, ("from", format_instant(window[0])), ("to", format_instant(window[1]))]
    measures = {"count": MEASURES["count"], **collection.description.measures}
    return params, read_selection_query(pairs, service.catalogue, service.settings.zone, extra=own, measures=measures)


def _check_params(request: Request) -> None:
    """Refuse every parameter but `f`."""
    _check_format(collect_params(request.query_params.multi_items(), ("f",)))


def _check_format(params: dict[str, str]) -> None:
    read_choice(params, "f", ["json"], "json")


def _geojson_response(request: Request, document: Any, crs: Crs) -> Response:
    response = bytes_answer(request, orjson.dumps(document), "no-cache", documents.GEOJSON)
    response.headers["Content-Crs"] = f"<{crs.uri}>"
    return response


def _root(request: Request) -> str:
    """Return the URL of /ogc without a trailing slash."""
    return f"{base_url(request)}/ogc"
