"""Tiles and their TileJSON."""

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from geo_service.layer_parameters import LayerQuestion, read_layer_question
from geo_service.parameters import read_question
from geo_service.routes.answers import json_answer
from geo_service.routes.documentation import LAYER_DOCS, TILE_RESPONSES
from geo_service.routes.service import Service, base_url, service_of
from geo_service.tiles.cache import CachedTile
from geo_service.tiles.front import request_header, send_tile
from geo_service.tiles.grid import read_tile
from geo_service.tiles.negotiation import choose_encoding
from geo_service.tiles.tilejson import LayerDescription, tilejson

router = APIRouter(tags=["tiles"])


class TileResponse(Response):
    """A tile that has just been computed, sent the way the cache sends it."""

    def __init__(self, tile: CachedTile) -> None:
        super().__init__()
        self._tile = tile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_tile(self._tile, scope, send)


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}.mvt", openapi_extra=LAYER_DOCS, responses=TILE_RESPONSES,
    summary="A vector tile", response_class=Response, operation_id="tile",
)  # fmt: skip
async def get_tile(request: Request, layer: str, z: str, x: str, y: str) -> Response:
    """Hexagons or districts with n, open, overdue and class, as a Mapbox vector tile. 204 where there are none."""
    service = service_of(request)
    server = service.tiles_of(layer)
    described = server.layer.description
    tile = read_tile(z, x, y, (described.min_zoom, described.max_zoom))
    asked = layer_question(request, service, described)
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"))
    key = (request.scope["path"], request.scope["query_string"], encoding)
    return TileResponse(await server.answer(key, asked.tile(tile), asked.question.valid_until))


@router.get("/tiles/{layer}.json", openapi_extra=LAYER_DOCS, summary="TileJSON 3.0.0 of a layer", operation_id="tilejson")
async def get_tilejson(request: Request, layer: str) -> Response:
    """What a client needs to show the layer; the selection is passed on to the tiles' address."""
    service = service_of(request)
    served = service.tiles_of(layer).layer
    layer_question(request, service, served.description)
    bounds = await service.replica.ask(served.bounds)
    document = tilejson(
        served.description, base_url=base_url(request), query=request.url.query, bounds=bounds,
        attribution=" · ".join(served.attribution(service.replica.catalogue)), revision=service.replica.revision,
    )  # fmt: skip
    return json_answer(request, document)


def layer_question(request: Request, service: Service, layer: LayerDescription, also: tuple[str, ...] = ()) -> LayerQuestion:
    """What is asked of a layer; parameters in `also` are read by the caller."""
    query = request.query_params.multi_items()
    catalogue, zone = service.replica.catalogue, service.settings.zone
    question = read_question(query, catalogue, zone, also=(*layer.parameters, *also), measures=layer.measures)
    return read_layer_question(dict(query), question)
