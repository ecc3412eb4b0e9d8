"""OpenAPI documentation of the parameters and responses that several routes share."""

from collections.abc import Sequence
from typing import Any

from geo_service.aggregation.alerts.alert_filter import STATES
from geo_service.aggregation.measures.class_breaks import CLASSIFIERS
from geo_service.aggregation.measures.frame_counts import FEWEST, MOST
from geo_service.aggregation.measures.measures import MEASURES
from geo_service.aggregation.selection.time_buckets import BUCKETS
from geo_service.aggregation.statistics.breakdown import DIMENSIONS
from geo_service.core.model import COARSEST_RESOLUTION, FINEST_RESOLUTION
from geo_service.queries.cells import MAX_CELLS
from geo_service.queries.selection import COMPARISONS, DUPLICATES, STATUS_GROUPS
from geo_service.routes.schemas.value_schemas import (
    ANY_CODES,
    BREAKS,
    CELL,
    CELLS,
    INSTANT,
    LEVEL,
    SECTOR_CODES,
    WINDOW,
    Schema,
    choice,
    codes,
    integer,
    pattern,
)
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.documents.palette import SCHEMES
from geo_service.tiles.documents.style import OWN_PARAMETERS
from geo_service.tiles.encoding.grid import MAX_DETAIL

_CODES = "comma-separated codes; absent means all"

PARAMETERS = {
    "sector": f"Sectors: {_CODES}.",
    "theme": f"Themes: {_CODES}.",
    "source": f"Sources: {_CODES}.",
    "agency": f"Agencies: {_CODES}.",
    "status": "Comma-separated statuses, or the groups open, closed, overdue (open, past the deadline, without a valid answer).",
    "duplicates": "count (the default): near-duplicates count like other incidents; merge: only the first one of each group counts.",
    "district": "Code of a district of any level; its descendants are included.",
    "cells": f"1 to {MAX_CELLS} H3 cells of resolution {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}, separated by commas: only incidents "
    "in them. A cell stands for all below it; an f at the end may be left out, and 862d50_a2.aa stands for 862d50a2,862d50aa.",
    "window": "Time back from now: 24h, 3d, 7d, 30d, 12w, 1y. Default 30d.",
    "from": "Beginning of a half-open interval, an RFC 3339 instant or a date in the service's time zone; instead of window.",
    "to": "End of the interval, not included.",
    "compare": "previous: the equally long window before; year: the same window a year earlier. Default: no comparison.",
    "measure": f"The number that is classified and coloured: {', '.join(MEASURES)}. Default count.",
}
"""Description of each parameter of the selection, by name."""


_VALUES: dict[str, Schema] = {
    "sector": SECTOR_CODES, "theme": ANY_CODES, "source": ANY_CODES, "agency": ANY_CODES, "status": codes(STATUS_GROUPS),
    "duplicates": choice(DUPLICATES), "district": ANY_CODES, "cells": CELLS, "window": WINDOW, "from": INSTANT, "to": INSTANT,
    "compare": choice(COMPARISONS), "measure": choice(MEASURES),
}  # fmt: skip
"""Schema of each parameter of the selection."""


def parameter(name: str, description: str, required: bool = False, schema: Schema | None = None) -> dict[str, Any]:
    """Return a query parameter of an OpenAPI operation. schema: of its value; by default any text."""
    return {"name": name, "in": "query", "required": required, "description": description, "schema": schema or {"type": "string"}}


LEVEL_DOCS = parameter(
    "level", "Level of districts: region, district or settlement; by default it depends on the zoom. Districts only.", schema=LEVEL
)

SCHEME_DOCS = parameter("scheme", "light (the default) or dark: the basemap for which the colours are chosen.", schema=choice(SCHEMES))

TABLE_FORMATS = ("json", "csv", "csv-excel", "xlsx")

EXTRA_PARAMETERS = {
    "level": "Level of districts: region, district (the default) or settlement.",
    "cell": f"An H3 cell of resolution {COARSEST_RESOLUTION} to {FINEST_RESOLUTION}: only incidents in it.",
    "format": "json (the default); csv as in RFC 4180; csv-excel with semicolons, decimal commas and a byte order mark; xlsx; geojson if "
    "the response has geometry. Takes precedence over Accept.",
    "by": "One or two dimensions separated by a comma: sector, theme, source, agency, status, district, deadline.",
    "bucket": "hour, day, week (from Monday) or month, in the service's time zone; by default it depends on the window's length.",
}
"""Description of each parameter that only some routes have, by name."""

_EXTRA_VALUES: dict[str, Schema] = {
    "level": LEVEL, "cell": CELL, "format": choice(TABLE_FORMATS), "by": codes(DIMENSIONS, most=2), "bucket": choice(BUCKETS),
}  # fmt: skip

FORMAT_DOCS = parameter("format", EXTRA_PARAMETERS["format"], schema=_EXTRA_VALUES["format"])
_MAP_FORMAT_DOCS = parameter("format", EXTRA_PARAMETERS["format"], schema=choice((*TABLE_FORMATS, "geojson")))


def docs(*extra: str, required: Sequence[str] = (), geometry: bool = False) -> dict[str, Any]:
    """Return the parameters of the selection and those of EXTRA_PARAMETERS that are named. geometry: whether GeoJSON is a format, too."""
    more = [parameter(name, EXTRA_PARAMETERS[name], name in required, _EXTRA_VALUES[name]) for name in extra]
    return {"parameters": [*SELECTION_DOCS["parameters"], *more, *((_MAP_FORMAT_DOCS,) if geometry else ())]}


WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

TABLE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The numbers.", "content": {"application/json": {}, "text/csv": {}, WORKBOOK_TYPE: {}}},
    304: {"description": "The client's copy is still valid."},
}
MAP_RESPONSES: dict[int | str, dict[str, Any]] = {
    **TABLE_RESPONSES,
    200: {
        "description": "The numbers.",
        "content": {"application/json": {}, "text/csv": {}, WORKBOOK_TYPE: {}, "application/geo+json": {}},
    },
}

SELECTION_DOCS: dict[str, Any] = {"parameters": [parameter(name, text, schema=_VALUES[name]) for name, text in PARAMETERS.items()]}

LAYER_DOCS: dict[str, Any] = {
    "parameters": [
        *SELECTION_DOCS["parameters"], LEVEL_DOCS,
        parameter("fields", "h3: each hexagon has its H3 index as text. Hexagons only.", schema=choice(("h3",))),
        parameter("breaks", f"How values are classified: {', '.join(CLASSIFIERS)}, or ascending limits such as 5,20. Default quantile. "
                  "Of measures with classes of their own (unusual, gi, emerging) fixed.",
                  schema=BREAKS),
        parameter("frames", f"{FEWEST} to {MOST}: number of frames of equal length into which the window is cut for playback. "
                  "Hexagons with measure=count only.", schema=integer(FEWEST, MOST)),
        parameter("detail", f"By how many zooms hexagons and districts are finer than usual, 0 (the default) to {MAX_DETAIL}: "
                  "for small maps. Hexagons, districts and density only.", schema=integer(0, MAX_DETAIL)),
        parameter("meta", "1: adds a layer (or metadata) with the tile's totals and the resolved query.", schema=choice(("1",))),
    ]
}  # fmt: skip

_DEGREES = r"-?[0-9]{1,3}([.][0-9]{1,10})?"
_PLACE = pattern(f"[0-9]{{1,2}}([.][0-9]{{1,6}})?/-?[0-9]{{1,2}}([.][0-9]{{1,10}})?/{_DEGREES}")

_PASSED_OVER = [parameter(name, "Of a style; passed over here, where clients copy it.") for name in OWN_PARAMETERS]

ALERT_DOCS = [
    parameter("state", "open (the default), closed or all. Alerts only, which take sector, theme and district beside it.",
              schema=choice(STATES)),
    parameter("since", "Alerts that have changed since: a time back from now such as 7d, a date, or an RFC 3339 instant. Alerts only."),
]  # fmt: skip

SOURCE_DOCS: dict[str, Any] = {"parameters": [*LAYER_DOCS["parameters"], *ALERT_DOCS, *_PASSED_OVER]}
"""Parameters of a style's source: those of a layer, and what clients copy to it from the style's address."""

PLACES_DOCS: dict[str, Any] = {
    "parameters": [parameter(each["name"], "Of a style; passed over here, where clients copy it.") for each in SOURCE_DOCS["parameters"]]
}

EMBED_DOCS: dict[str, Any] = {
    "parameters": [
        *LAYER_DOCS["parameters"],
        parameter("layer", "hexes (the default), districts or density.", schema=choice(("hexes", "districts", "density"))),
        parameter("lang", "ru or en; by default the language of the reader's browser.", schema=choice(("ru", "en"))),
        parameter("scheme", "light, dark, or auto (the default): the setting of the reader's system.", schema=choice(("auto", *SCHEMES))),
        parameter("legend", "show (the default) or hide.", schema=choice(("show", "hide"))),
        parameter("map", "Initial view, zoom/latitude/longitude; by default all data is in view.", schema=_PLACE),
    ]
}

SECURITY_SCHEMES = {
    "readKey": {"type": "http", "scheme": "bearer", "description": "One of GEO_TEXT_KEYS: shows the citizens' words and addresses."},
    "writeKey": {"type": "http", "scheme": "bearer", "description": "One of GEO_WRITE_KEYS."},
    "metricsKey": {"type": "http", "scheme": "bearer", "description": "One of GEO_METRICS_KEYS."},
}
"""How clients that send incidents authenticate, and those that read the metrics."""

PROBLEM: dict[str, Any] = {"content": {"application/problem+json": {}}}
"""The body of an error response."""

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    400: {"description": "A parameter is unknown or malformed; the problem names it and says what is allowed.", **PROBLEM},
    503: {"description": "The service is loading the incidents, or is overloaded; Retry-After says when to try again.", **PROBLEM},
}

FORM_DOCS = {
    "mvt": (
        "A vector tile",
        "Hexagons, districts or incidents with n, open, overdue and class, or alerts, as a Mapbox vector tile. 204 if there are none.",
    ),
    "json": ("A tile as rows", "Hexagons as JSON objects, without outlines; each is in the tile of its centre. 204 if there are none."),
    "arrow": (
        "A tile as columns",
        "Hexagons as an Arrow IPC stream, without outlines; each is in the tile of its centre. 204 if there are none.",
    ),
}
"""Summary and description of each format of tiles."""


def tile_responses(form: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a tile. form: the format, a key of CONTENT_TYPES."""
    return {
        200: {"description": "The tile.", "content": {CONTENT_TYPES[form]: {}}},
        204: {"description": "An empty tile."},
        304: {"description": "The client's copy is still valid."},
        404: {"description": "The tile is outside the grid or the layer's zooms, or there is no such layer or format.", **PROBLEM},
        **PROBLEM_RESPONSES,
    }
