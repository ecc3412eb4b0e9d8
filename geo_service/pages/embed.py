"""Checks the parameters of the pages whose address has a selection: the map for iframes and the wall."""

import re
from collections.abc import Sequence

from fastapi import Request

from geo_service.core.errors import InvalidParameter
from geo_service.queries.layer import read_layer_query
from geo_service.queries.selection import read_choice
from geo_service.routes.common.dependencies import service_of
from geo_service.tiles.documents.palette import SCHEMES
from geo_service.tiles.documents.style import LANGUAGES

EMBED_PARAMETERS = ("layer", "lang", "scheme", "legend", "alerts", "map")
"""Parameters of its address that belong neither to the selection nor to the layer; frontend/src/embed/frame_view.js reads them."""

WALL_PARAMETERS = ("view", "layer", "lang", "scheme", "map", "rotate")
"""The same of the wall; frontend/src/wall/wall_view.js reads them."""

VIEW_PARAMETERS = (
    "map", "sector", "window", "from", "to", "around", "compare", "measure", "breaks", "theme", "source", "agency", "status", "duplicates",
    "district", "cells", "layer", "level", "cell", "incident", "alert", "list", "tab", "by", "cross", "worst",
    "channel", "wide", "scheme", "lang",
)  # fmt: skip
"""What the address of the map page holds behind #, and may hold before it; frontend/src/page/url.js reads them."""

LAYERS = ("hexes", "districts", "density")
_PLACE_ALLOWED = "zoom/latitude/longitude, such as 7/45.04/38.98"
_SECONDS = re.compile(r"\d{1,4}(\.\d{1,3})?")
_PLACE = re.compile(r"\d{1,2}(\.\d{1,6})?/-?\d{1,2}(\.\d{1,10})?/-?\d{1,3}(\.\d{1,10})?")


def check_embed(request: Request) -> None:
    """Raise InvalidParameter where a parameter of the map for iframes is unknown or its value is not allowed."""
    _check_view(request, LAYERS[0], EMBED_PARAMETERS, ["auto", *SCHEMES])
    read_choice(request.query_params, "legend", ("show", "hide"), "show")
    read_choice(request.query_params, "alerts", ("none", "marks", "list"), "none")


def check_wall(request: Request) -> None:
    """Raise InvalidParameter where a parameter of the wall is unknown or its value is not allowed."""
    _check_view(request, "districts", WALL_PARAMETERS, list(SCHEMES))
    rotate = request.query_params.get("rotate", "0")
    if not _SECONDS.fullmatch(rotate):
        raise InvalidParameter("rotate", f"{rotate[:40]!r} is not a number of seconds", "5 to 3600, or 0 to stay", value=rotate[:40])


def _check_view(request: Request, default_layer: str, parameters: Sequence[str], schemes: Sequence[str]) -> None:
    service, given = service_of(request), dict(request.query_params)
    layer = service.tiles_of(read_choice(given, "layer", LAYERS, default_layer)).layer
    read_layer_query(request.query_params.multi_items(), service.catalogue, service.settings.zone, layer.description, parameters)
    read_choice(given, "lang", LANGUAGES, LANGUAGES[0])
    read_choice(given, "scheme", schemes, schemes[0])
    if "map" in given and not _PLACE.fullmatch(given["map"]):
        raise InvalidParameter("map", f"{given['map'][:40]!r} is not a place", _PLACE_ALLOWED, value=given["map"][:40])
