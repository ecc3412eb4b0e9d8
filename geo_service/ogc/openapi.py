"""The API's definition as an OpenAPI 3.0 document."""

from collections.abc import Mapping, Sequence
from typing import Any

from geo_service.ogc.collection import Description
from geo_service.ogc.documents import GEOJSON, JSON, TITLE
from geo_service.ogc.query import LIMIT, MOST

_NUMBERS: dict[str, Any] = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
_TEXT = {"type": "string"}
_STANDARD: dict[str, tuple[str, dict[str, Any]]] = {
    "bbox": ("Only features that touch the box: west,south,east,north in degrees; west beyond east goes over the antimeridian.", _NUMBERS),
    "datetime": ("Only incidents received in the instant or interval, instead of window, from and to.", _TEXT),
    "limit": (f"At most so many features; more than {MOST} is taken for {MOST}.",
              {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}),
    "offset": ("So many features are passed over.", {"type": "integer", "minimum": 0, "default": 0}),
}  # fmt: skip
_FORM = ("Representation: json.", {"type": "string", "enum": ["json"]})


def openapi(root: str, version: str, described: Sequence[Description], selection: Mapping[str, str]) -> dict[str, Any]:
    """The document. selection: the selection's parameters with their meaning."""
    paths: dict[str, Any] = {
        "/": _get("landing", "Landing page", [_form()], JSON),
        "/conformance": _get("conformance", "Conformance classes", [_form()], JSON),
        "/collections": _get("collections", "The collections", [_form()], JSON),
    }
    for one in described:
        asked = [_parameter(name, (text, _TEXT)) for name, text in selection.items()]
        standard = {name: _parameter(name, told) for name, told in _STANDARD.items()}
        own = [_parameter(name, (text, _TEXT)) for name, text in one.parameters.items()]
        address = f"/collections/{one.id}"
        name = {"name": "featureId", "in": "path", "required": True, "description": "The feature's id.", "schema": _TEXT}
        paths[address] = _get(f"{one.id}.collection", one.title, [_form()], JSON)
        paths[f"{address}/items"] = _get(f"{one.id}.items", one.description, [*standard.values(), *own, *asked, _form()], GEOJSON)
        paths[f"{address}/items/{{featureId}}"] = _get(
            f"{one.id}.item", f"One of: {one.title}", [name, standard["datetime"], *asked, _form()], GEOJSON
        )
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "version": version},
        "servers": [{"url": root}],
        "paths": paths,
    }


def _form() -> dict[str, Any]:
    return _parameter("f", _FORM)


def _parameter(name: str, told: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    exploded = {"style": "form", "explode": False} if told[1].get("type") == "array" else {}
    return {"name": name, "in": "query", "required": False, "description": told[0], "schema": told[1], **exploded}


def _get(operation: str, summary: str, parameters: list[dict[str, Any]], media_type: str) -> dict[str, Any]:
    problem = {"content": {"application/problem+json": {"schema": {"type": "object"}}}}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": parameters,
            "responses": {
                "200": {"description": summary, "content": {media_type: {"schema": {"type": "object"}}}},
                "400": {"description": "A parameter is unknown or malformed.", **problem},
                "404": {"description": "There is no such thing.", **problem},
                "503": {"description": "Loading, or overloaded.", **problem},
            },
        }
    }
