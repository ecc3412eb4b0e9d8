"""The definition of the API below /ogc, as an OpenAPI 3.0 document."""

from collections.abc import Mapping, Sequence
from typing import Any

from geo_service.ogc.collection import CollectionDescription
from geo_service.ogc.crs import CRS84, CRS_BY_URI
from geo_service.ogc.documents import GEOJSON, JSON, TITLE
from geo_service.ogc.query import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET

_NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_TEXT = {"type": "string"}
_CRS = {"type": "string", "format": "uri", "enum": list(CRS_BY_URI), "default": CRS84.uri}
_STANDARD: dict[str, tuple[str, dict[str, Any]]] = {
    "bbox": (
        "Only features that touch the box: west,south,east,north in degrees, or in bbox-crs; across the antimeridian if west > east.",
        _NUMBERS,
    ),
    "datetime": ("Only incidents received at the instant or in the interval; instead of window, from and to.", _TEXT),
    "limit": (
        f"Features in the response, at most; a value above {MAX_LIMIT} means {MAX_LIMIT}.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    "offset": ("Number of features to skip.", {"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}),
    "crs": ("Coordinate reference system of the features' geometries; by default CRS84, longitude and latitude.", _CRS),
    "bbox-crs": ("Coordinate reference system of bbox; by default CRS84.", _CRS),
}
_FORMAT = ("Format of the response: json.", {"type": "string", "enum": ["json"]})


def openapi_document(
    root: str, version: str, collections: Sequence[CollectionDescription], selection: Mapping[str, str]
) -> dict[str, Any]:  # fmt: skip
    """Return the document. root: the URL of /ogc. selection: description of each parameter of the selection, by name."""
    paths: dict[str, Any] = {
        "/": _operation("landing", "Landing page", [_format_parameter()], JSON),
        "/conformance": _operation("conformance", "Conformance classes", [_format_parameter()], JSON),
        "/collections": _operation("collections", "The collections", [_format_parameter()], JSON),
    }
    selection_parameters = [_parameter(name, text, _TEXT) for name, text in selection.items()]
    for collection in collections:
        paths |= _collection_paths(collection, selection_parameters)
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": version},
        "servers": [{"url": root}],
        "paths": paths,
    }


def _collection_paths(collection: CollectionDescription, selection_parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the paths of a collection: its document, its features, and one feature."""
    standard = {name: _parameter(name, *description) for name, description in _STANDARD.items()}
    own = [_parameter(name, parameter.text, parameter.schema) for name, parameter in collection.parameters.items()]
    choice = {"type": "string", "enum": ["count", *collection.measures]}
    measure = _parameter("measure", "A measure that features have only on request; count adds none, as they have all others.", choice)
    feature_id = {"name": "featureId", "in": "path", "required": True, "description": "The feature's id.", "schema": _TEXT}
    items = [*standard.values(), *own, measure, *selection_parameters, _format_parameter()]
    item = [feature_id, standard["datetime"], standard["crs"], measure, *selection_parameters, _format_parameter()]
    path = f"/collections/{collection.id}"
    return {
        path: _operation(f"{collection.id}.collection", collection.title, [_format_parameter()], JSON),
        f"{path}/items": _operation(f"{collection.id}.items", collection.description, items, GEOJSON),
        f"{path}/items/{{featureId}}": _operation(f"{collection.id}.item", f"One of: {collection.title}", item, GEOJSON),
    }


def _format_parameter() -> dict[str, Any]:
    return _parameter("f", *_FORMAT)


def _parameter(name: str, description: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a query parameter; an array is written as values separated by commas. The standard demands style and explode."""
    declared = {"name": name, "in": "query", "required": False, "description": description, "schema": dict(schema)}
    return {**declared, "style": "form", "explode": False}


def _operation(operation: str, summary: str, parameters: list[dict[str, Any]], media_type: str) -> dict[str, Any]:
    """Return the path item of a GET operation."""
    problem = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": summary, "content": {media_type: {"schema": {"type": "object"}}}},
                "400": {"description": "A parameter is unknown or malformed.", **problem},
                "404": {"description": "Not found.", **problem},
                "503": {"description": "The service is loading the incidents, or is overloaded.", **problem},
            },
        }
    }
