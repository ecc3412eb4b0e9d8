"""Tiles and their TileJSON."""

from fastapi import APIRouter, Request, Response

from geo_service.core.errors import NotFound
from geo_service.http.headers import choose_encoding, request_header
from geo_service.queries.layer import read_layer_query
from geo_service.routes.common.dependencies import PlainRoute, base_url, service_of
from geo_service.routes.common.responses import json_answer
from geo_service.routes.schemas.parameter_docs import FORM_DOCS, SOURCE_DOCS, tile_responses
from geo_service.tiles.documents.formats import CONTENT_TYPES
from geo_service.tiles.documents.style import OWN_PARAMETERS, query_of_source
from geo_service.tiles.documents.tilejson import tilejson
from geo_service.tiles.encoding.grid import read_tile
from geo_service.tiles.layers.base import TileRequest
from geo_service.tiles.layers.playback import described
from geo_service.tiles.server.tile_server import CachedTile

router = APIRouter(route_class=PlainRoute, tags=["tiles"])


_ALIASES = {"pbf": "mvt"}
"""Extensions that other programs write by habit."""


async def get_tile(request: Request, layer: str, z: str, x: str, y: str) -> CachedTile:
    """A tile in the format that its path ends with. Raises NotFound where the layer has not got this format."""
    service, scope = service_of(request), request.scope
    server = service.tiles_of(layer)
    about = server.layer.description
    form = scope["path"].rpartition(".")[2]
    form = _ALIASES.get(form, form)
    if form not in about.formats:
        raise NotFound(f"there are no tiles of {layer} as {form}; forms: {', '.join(about.formats)}")
    tile = read_tile(z, x, y, (about.min_zoom, about.max_zoom))
    parameters = request.query_params.multi_items()
    query, rendering = read_layer_query(parameters, service.catalogue, service.zone, about, OWN_PARAMETERS, tile_format=form)
    wanted = TileRequest(tile, query, rendering, service.replica.revision if rendering.with_meta else None)
    encoding = choose_encoding(request_header(scope, b"accept-encoding"))
    return await server.render((scope["path"], scope["query_string"], encoding), wanted)


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
    bounds = await service.replica.run(served.bounds)
    document = tilejson(
        served.description, base_url=base_url(request), query=query_of_source(request.url.query), bounds=bounds,
        attribution=" · ".join(served.attribution(service.replica.catalogue)), revision=service.replica.revision,
        playback=None if rendering.frames is None else described(query.selection.window, rendering.frames),
    )  # fmt: skip
    return json_answer(request, document)
