"""What the OpenAPI document says of parameters and answers that several routes share."""

from typing import Any

from geo_service.aggregation.measures import MEASURES

_CODES = "comma-separated codes; absent means all"

PARAMETERS = {
    "sector": f"Sectors: {_CODES}.",
    "theme": f"Themes: {_CODES}.",
    "source": f"Sources: {_CODES}.",
    "agency": f"Agencies: {_CODES}.",
    "status": "Comma-separated statuses, or the groups open, closed, overdue.",
    "district": "A district's code, any level: it and all below it.",
    "window": "Back from now: 24h, 3d, 7d, 30d, 12w, 1y. Default 30d.",
    "from": "Beginning of a half-open interval, an RFC 3339 instant or a date in the service's time zone; instead of window.",
    "to": "End of the interval, not included.",
    "measure": f"The number that is classed and coloured: {', '.join(MEASURES)}. Default count.",
}
"""Each parameter of the selection, in one sentence."""


def parameter(name: str, description: str, required: bool = False) -> dict[str, Any]:
    """A query parameter as OpenAPI writes it."""
    return {"name": name, "in": "query", "required": required, "description": description, "schema": {"type": "string"}}


SELECTION_DOCS: dict[str, Any] = {"parameters": [parameter(name, text) for name, text in PARAMETERS.items()]}

_PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "A parameter is unknown or malformed; the problem names it and what is allowed.", **_PROBLEM},
    503: {"description": "Loading, or overloaded; Retry-After says when to come again.", **_PROBLEM},
}

TILE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The tile.", "content": {"application/vnd.mapbox-vector-tile": {}}},
    204: {"description": "An empty tile."},
    304: {"description": "The client has this tile already."},
    404: {"description": "Outside the grid or the layer's zoom range, or no such layer.", **_PROBLEM},
    **PROBLEM_RESPONSES,
}
