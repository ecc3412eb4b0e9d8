"""Checks the parameters of the page for iframes."""

import re

from fastapi import Request

from geo_service.core.errors import InvalidParameter
from geo_service.queries.layer import read_layer_query
from geo_service.queries.selection import read_choice
from geo_service.routes.common.dependencies import service_of
from geo_service.tiles.documents.palette import SCHEMES
from geo_service.tiles.documents.style import LANGUAGES

EMBED_PARAMETERS = ("layer", "lang", "scheme", "legend", "map")
"""Parameters of its address that belong neither to the selection nor to the layer; frontend/src/embed/frame_view.js reads them."""

LAYERS = ("hexes", "districts")
_PLACE = re.compile(r"\d{1,2}(\.\d{1,6})?/-?\d{1,2}(\.\d{1,10})?/-?\d{1,3}(\.\d{1,10})?")


def check_embed(request: Request) -> None:
    """Raise InvalidParameter where a parameter is unknown or its value is not allowed."""
    service, given = service_of(request), dict(request.query_params)
    layer = service.tiles_of(read_choice(given, "layer", LAYERS, LAYERS[0])).layer
    read_layer_query(request.query_params.multi_items(), service.catalogue, service.settings.zone, layer.description, EMBED_PARAMETERS)
    read_choice(given, "lang", LANGUAGES, LANGUAGES[0])
    read_choice(given, "scheme", ["auto", *SCHEMES], "auto")
    read_choice(given, "legend", ("show", "hide"), "show")
    if "map" in given and not _PLACE.fullmatch(given["map"]):
        raise InvalidParameter("map", f"{given['map'][:40]!r} is not a place", "zoom/latitude/longitude, such as 7/45.04/38.98")
