"""Tiles and their TileJSON."""

from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from geo_service.errors import InvalidParameter, NotFound
from geo_service.parameters import read_question
from geo_service.routes.answers import json_answer
from geo_service.routes.documentation import SELECTION_DOCS, TILE_RESPONSES
from geo_service.routes.service import Service, base_url, service_of
from geo_service.tiles.cache import CachedTile
from geo_service.tiles.front import request_header, send_tile
from geo_service.tiles.grid import read_tile
from geo_service.tiles.layer import TileRequest
from geo_service.tiles.negotiation import choose_encoding
from geo_service.tiles.tilejson import HEXES, tilejson

router = APIRouter(tags=["tiles"])

LAYERS = ("hexes",)
OWN_PARAMETERS = ("fields",)


class TileResponse(Response):
    """A tile that has just been computed, sent the way the cache sends it."""

    def __init__(self, tile: CachedTile) -> None:
        super().__init__()
        self._tile = tile

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_tile(self._tile, scope, send)


@router.get(
    "/tiles/{layer}/{z}/{x}/{y}.mvt", openapi_extra=SELECTION_DOCS, responses=TILE_RESPONSES,
    summary="A vector tile", response_class=Response, operation_id="tile",
)  # fmt: skip
async def get_tile(request: Request, layer: str, z: str, x: str, y: str) -> Response:
    """Hexagons with n, open, overdue and class, as a Mapbox vector tile. 204 where there are none."""
    service = service_of(request)
    _known_layer(layer)
    tile = read_tile(z, x, y)
    query = request.query_params.multi_items()
    question = read_question(query, service.replica.catalogue, service.settings.zone, also=OWN_PARAMETERS)
    wanted = TileRequest(tile, question.selection, question.measure, _with_h3(request))
    encoding = choose_encoding(request_header(request.scope, b"accept-encoding"))
    key = (request.scope["path"], request.scope["query_string"], encoding)
    return TileResponse(await service.hex_tiles.answer(key, wanted, question.valid_until))


@router.get("/tiles/{layer}.json", openapi_extra=SELECTION_DOCS, summary="TileJSON 3.0.0 of a layer", operation_id="tilejson")
async def get_tilejson(request: Request, layer: str) -> Response:
    """What a client needs to show the layer; the selection is passed on to the tiles' address."""
    service = service_of(request)
    _known_layer(layer)
    read_question(request.query_params.multi_items(), service.replica.catalogue, service.settings.zone, also=OWN_PARAMETERS)
    _with_h3(request)
    return json_answer(request, await _describe(request, service))


async def _describe(request: Request, service: Service) -> dict[str, Any]:
    bounds = await service.replica.ask(service.hexes.bounds)
    attribution = sorted({source.attribution for source in service.replica.catalogue.sources.all if source.attribution})
    return tilejson(
        HEXES, base_url=base_url(request), query=request.url.query, bounds=bounds,
        attribution=" · ".join(attribution), revision=service.replica.revision,
    )  # fmt: skip


def _known_layer(layer: str) -> None:
    if layer not in LAYERS:
        raise NotFound(f"there is no layer {layer[:40]!r}; layers: {', '.join(LAYERS)}")


def _with_h3(request: Request) -> bool:
    fields = request.query_params.get("fields")
    if fields not in (None, "h3"):
        raise InvalidParameter("fields", f"{fields[:40]!r} is not known", ["h3"])
    return fields == "h3"
