"""OpenAPI documentation of the base maps."""

from typing import Any

from geo_service.routes.schemas.parameter_docs import PROBLEM, PROBLEM_RESPONSES, SCHEME_DOCS, parameter
from geo_service.routes.schemas.value_schemas import choice
from geo_service.tiles.documents.style import LABELS, LANGUAGES

PLACES = ("show", "hide")
"""Whether towns and villages have names in a style: a map may have its own."""

_VERSION = parameter("v", "Version of the archive, as styles and TileJSON name it: a tile of that version may be cached for good.")
VERSION_DOCS: dict[str, Any] = {"parameters": [_VERSION]}
BASEMAP_STYLE_DOCS: dict[str, Any] = {
    "parameters": [
        SCHEME_DOCS,
        parameter("lang", f"Of the labels: {' or '.join(LANGUAGES)}; default {LANGUAGES[0]}.", schema=choice(LANGUAGES)),
        parameter("labels", "service (the default): letters come from here; client: from the client's own fonts; none: no labels.",
                  schema=choice(LABELS)),
        parameter("places", "show (the default): towns and villages have names; hide: they have none.", schema=choice(PLACES)),
        parameter("v", "Any text; another one gets past a cache."),
    ]
}  # fmt: skip

_Responses = dict[int | str, dict[str, Any]]

_ABSENT: _Responses = {404: {"description": "There is no such base map.", **PROBLEM}}
_UNCHANGED: _Responses = {304: {"description": "The client's copy is still valid."}}
_ARCHIVE: dict[str, Any] = {"content": {"application/vnd.pmtiles": {}}}
STYLE_RESPONSES: _Responses = {**PROBLEM_RESPONSES, **_ABSENT}
ARCHIVE_RESPONSES: _Responses = {
    200: {"description": "The whole archive; also where several ranges are asked for.", **_ARCHIVE},
    206: {"description": "The range of bytes that the request names.", **_ARCHIVE},
    416: {"description": "The archive has no byte of the range.", **PROBLEM},
    **_UNCHANGED,
    **_ABSENT,
}
TILE_RESPONSES: _Responses = {
    200: {"description": "The tile, in the layers of the archive's schema.", "content": {"application/vnd.mapbox-vector-tile": {}}},
    204: {"description": "The archive has no such tile."},
    404: {"description": "There is no such base map, or the tile is outside the grid or the archive's zooms.", **PROBLEM},
    **_UNCHANGED,
    **PROBLEM_RESPONSES,
}
