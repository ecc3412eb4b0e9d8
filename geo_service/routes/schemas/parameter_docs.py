"""What the OpenAPI document says of parameters and answers that several routes share."""

from collections.abc import Sequence
from typing import Any

from geo_service.aggregation.measures.class_breaks import CLASSIFIERS
from geo_service.aggregation.measures.frame_counts import FEWEST, MOST
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.tiles.documents.formats import CONTENT_TYPES

_CODES = "comma-separated codes; absent means all"

PARAMETERS = {
    "sector": f"Sectors: {_CODES}.",
    "theme": f"Themes: {_CODES}.",
    "source": f"Sources: {_CODES}.",
    "agency": f"Agencies: {_CODES}.",
    "status": "Comma-separated statuses, or the groups open, closed, overdue.",
    "duplicates": "count (the default): near-duplicates count like any other; merge: of each group only the first is taken.",
    "district": "A district's code, any level: it and all below it.",
    "window": "Back from now: 24h, 3d, 7d, 30d, 12w, 1y. Default 30d.",
    "from": "Beginning of a half-open interval, an RFC 3339 instant or a date in the service's time zone; instead of window.",
    "to": "End of the interval, not included.",
    "compare": "previous: the equally long window before; year: the same window a year earlier. Default: nothing is compared.",
    "measure": f"The number that is classed and coloured: {', '.join(MEASURES)}. Default count.",
}
"""Each parameter of the selection, in one sentence."""


def parameter(name: str, description: str, required: bool = False) -> dict[str, Any]:
    """A query parameter as OpenAPI writes it."""
    return {"name": name, "in": "query", "required": required, "description": description, "schema": {"type": "string"}}


LEVEL_DOCS = parameter("level", "Which districts: region, district or settlement; absent, the zoom decides. Districts only.")

SCHEME_DOCS = parameter("scheme", "light (the default) or dark: the ground that the colours are meant for.")

EXTRA_PARAMETERS = {
    "level": "Level of districts: region, district (the default) or settlement.",
    "format": "json (the default), csv, or geojson where there is geometry; instead of Accept.",
    "by": "One or two dimensions joined by a comma: sector, theme, source, agency, status, district, deadline.",
    "bucket": "hour, day, week (from Monday) or month, in the service's time zone; by default one that suits the window.",
}
"""Parameters of single routes, in one sentence."""


def docs(*extra: str, required: Sequence[str] = ()) -> dict[str, Any]:
    """The selection's parameters and some of EXTRA_PARAMETERS."""
    more = [parameter(name, EXTRA_PARAMETERS[name], name in required) for name in extra]
    return {"parameters": [*SELECTION_DOCS["parameters"], *more]}


TABLE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The numbers.", "content": {"application/json": {}, "text/csv": {}}},
    304: {"description": "The client has this answer already."},
}
MAP_RESPONSES: dict[int | str, dict[str, Any]] = {
    **TABLE_RESPONSES,
    200: {"description": "The numbers.", "content": {"application/json": {}, "text/csv": {}, "application/geo+json": {}}},
}

SELECTION_DOCS: dict[str, Any] = {"parameters": [parameter(name, text) for name, text in PARAMETERS.items()]}

LAYER_DOCS: dict[str, Any] = {
    "parameters": [
        *SELECTION_DOCS["parameters"], LEVEL_DOCS,
        parameter("fields", "h3: each hexagon carries its H3 index as text. Hexagons only."),
        parameter("breaks", f"How values are classed: {', '.join(CLASSIFIERS)}, or ascending limits such as 5,20. Default quantile."),
        parameter("frames", f"{FEWEST} to {MOST}: cut the window into so many equal frames for playback. Hexagons by count only."),
        parameter("meta", "1: a layer (or metadata) with the tile's totals, and how the question was understood."),
    ]
}  # fmt: skip

EMBED_DOCS: dict[str, Any] = {
    "parameters": [
        *LAYER_DOCS["parameters"],
        parameter("layer", "hexes (the default) or districts."),
        parameter("lang", "ru or en; by default the reader's own."),
        parameter("scheme", "light, dark, or auto (the default): as the reader's system is set."),
        parameter("legend", "show (the default) or hide."),
        parameter("map", "Where to begin, zoom/latitude/longitude; by default all data are in view."),
    ]
}

SECURITY_SCHEMES = {"writeKey": {"type": "http", "scheme": "bearer", "description": "One of GEO_WRITE_KEYS."}}
"""How whoever sends incidents shows that they may."""

PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
"""The body of a refusal."""

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "A parameter is unknown or malformed; the problem names it and what is allowed.", **PROBLEM},
    503: {"description": "Loading, or overloaded; Retry-After says when to come again.", **PROBLEM},
}

FORM_DOCS = {
    "mvt": ("A vector tile", "Hexagons or districts with n, open, overdue and class, as a Mapbox vector tile. 204 where there are none."),
    "json": ("A tile as rows", "Hexagons without outlines as JSON objects, each where its middle is. 204 where there are none."),
    "arrow": (
        "A tile as columns",
        "Hexagons without outlines as an Arrow IPC stream, each where its middle is. 204 where there are none.",
    ),
}
"""Summary and description of the forms of tiles."""


def tile_responses(form: str) -> dict[int | str, dict[str, Any]]:
    """The answers to a request for a tile."""
    return {
        200: {"description": "The tile.", "content": {CONTENT_TYPES[form]: {}}},
        204: {"description": "An empty tile."},
        304: {"description": "The client has this tile already."},
        404: {"description": "Outside the grid or the layer's zoom range, no such layer, or not in this form.", **PROBLEM},
        **PROBLEM_RESPONSES,
    }
