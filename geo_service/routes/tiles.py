"""Tiles and their TileJSON."""

from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response

from geo_service.core.errors import NotFound
from geo_service.http.headers import choose_encoding, request_header
from geo_service.http.request_record import current_record
from geo_service.queries.layer import read_layer_query
from geo_service.routes.common.dependencies import PlainRoute, Service, base_url, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.schemas.parameter_docs import FORM_DOCS, SOURCE_DOCS, tile_responses
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.documents.style import OWN_PARAMETERS, query_of_source
from geo_service.tiles.documents.tilejson import tilejson
from geo_service.tiles.encoding.grid import read_tile
from geo_service.tiles.layers.base import TileRequest
from geo_service.tiles.layers.playback import described
from geo_service.tiles.server.tile_server import CachedTile, TileServer

router = APIRouter(route_class=PlainRoute, tags=["tiles"])


_ALIASES = {"pbf": "mvt"}
"""Extensions that other programs write by habit."""


def read_tile_request(service: Service, path: str, query_string: bytes) -> tuple[TileServer, TileRequest]:
    """Read the request for a tile: `/tiles/{layer}/{z}/{x}/{y}.{format}`. Raises `NotFound`, `InvalidParameter` and `NotReady`."""
    try:
        layer, z, x, name = path.removeprefix("/tiles/").split("/")
    except ValueError:
        raise NotFound("tiles have addresses such as /tiles/hexes/8/155/92.mvt") from None
    y, _, form = name.rpartition(".")
    server, form = service.tiles_of(layer), _ALIASES.get(form, form)
    about = server.layer.description
    if form not in about.formats:
        raise NotFound(f"there are no tiles of {layer} as {form}; forms: {', '.join(about.formats)}")
    tile = read_tile(z, x, y, (about.min_zoom, about.max_zoom))
    parameters = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    query, rendering = read_layer_query(parameters, service.catalogue, service.zone, about, OWN_PARAMETERS, tile_format=form)
    return server, TileRequest(tile, query, rendering, service.replica.revision if rendering.with_meta else None)


async def get_tile(request: Request, layer: str, z: str, x: str, y: str) -> CachedTile:
    """A tile in the format that its path ends with. Raises NotFound where the layer has not got this format."""
    path, query_string = request.scope["path"], request.scope["query_string"]
    server, wanted = read_tile_request(service_of(request), path, query_string)
    tile, answer = await server.render((path, query_string, choose_encoding(request_header(request.scope, b"accept-encoding"))), wanted)
    current_record().answer = answer
    return tile


for _form in CONTENT_TYPES:
    router.add_api_route(
        f"/tiles/{{layer}}/{{z}}/{{x}}/{{y}}.{_form}", get_tile, methods=["GET"], openapi_extra=SOURCE_DOCS,
        responses=tile_responses(_form),
        summary=FORM_DOCS[_form][0], description=FORM_DOCS[_form][1], operation_id=f"tile_{_form}",
        response_class=Response, response_model=None,
    )  # fmt: skip

for _alias in _ALIASES:
    router.add_api_route(f"/tiles/{{layer}}/{{z}}/{{x}}/{{y}}.{_alias}", get_tile, include_in_schema=False, response_model=None)


@router.get("/tiles/{layer}.json", openapi_extra=SOURCE_DOCS, summary="TileJSON 3.0.0 of a layer", operation_id="tilejson")
async def get_tilejson(request: Request, layer: str) -> Response:
    """What a client needs to show the layer; the selection is passed on to the tiles' address."""
    service = service_of(request)
    served = service.tiles_of(layer).layer
    parameters = request.query_params.multi_items()
    query, rendering = read_layer_query(parameters, service.catalogue, service.zone, served.description, OWN_PARAMETERS)
    bounds = await service.replica.run_or_recall(("bounds", layer), served.bounds)
    document = tilejson(
        served.description, base_url=base_url(request), query=query_of_source(request.url.query), bounds=bounds,
        attribution=" · ".join(served.attribution(service.replica.catalogue)), revision=service.replica.revision,
        playback=None if rendering.frames is None else described(query.selection.window, rendering.frames),
        classes=query.measure.classes,
    )  # fmt: skip
    return json_answer(request, document)
